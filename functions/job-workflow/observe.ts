import * as z from 'zod';
import { ObserveInput, ObserveOutput } from '../../schemas/machines/job-workflow.ts';
import { configFrom, configKey } from '../adapters/tables/config.ts';
import { counted, forecastKey } from '../adapters/tables/forecast.ts';
import { profileFrom, profileKey, saveProfile, typicalWait } from '../adapters/tables/profile.ts';
import { readTogether } from '../adapters/tables/read-together.ts';
import { table } from '../adapters/tables/table.ts';
import { vgacFor, vgacSettings } from '../adapters/vgac/from-settings.ts';
import { ownCalibration } from '../adapters/vgac/own-calibration.ts';
import { anomalies, isLearningDue, learn } from '../domain/profile.ts';
import { task } from '../runtime/task.ts';

/** What the cluster looks like now, by VGAC or by the built-in forecast's own count, and what is unusual about it. */
export const handler = task(
  { input: ObserveInput, output: ObserveOutput, env: { DYNAMODB_TABLE_NAME: z.string(), ...vgacSettings } },
  async ({ job: { clusterId, platform } }, { env, now }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const items = await readTogether(
      store,
      [configKey, profileKey, forecastKey].map((key) => key(clusterId)),
    );
    const profile = profileFrom(items, clusterId);
    const vgac = await vgacFor(configFrom(items, clusterId, platform), env);
    const [seen, vgacCalibration] = await Promise.all([
      vgac === null ? counted(items, clusterId) : vgac.observe(clusterId),
      vgac === null ? null : ownCalibration(vgac, clusterId, now),
    ]);
    if (isLearningDue(profile, now)) {
      const wait = await typicalWait(store, clusterId);
      await saveProfile(store, clusterId, learn(profile, seen, vgacCalibration, wait, now));
    }
    return { ...seen, anomalies: anomalies(profile, seen, now), vgacCalibration };
  },
);
