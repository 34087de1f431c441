import * as z from 'zod';
import { PredictInput, PredictOutput } from '../../schemas/machines/job-workflow.ts';
import { foldCluster } from '../adapters/fold.ts';
import { readEvidence, recordOnce } from '../adapters/record-once.ts';
import { table } from '../adapters/table.ts';
import { askVgac } from '../adapters/vgac/ask.ts';
import { vgacFor, vgacSettings } from '../adapters/vgac/from-settings.ts';
import { roundKey } from '../domain/round.ts';
import { task } from '../runtime/task.ts';

/** The decision stands already: whoever folds next takes the round along. */
const FEW_RACES = 2;

/**
 * Asks VGAC where there is one, serves, proposes, gates, reserves and records, and has the forecast count the job before the next is
 * decided. Always runs; on the human path it is shadow.
 */
export const handler = task(
  { input: PredictInput, output: PredictOutput, env: { DYNAMODB_TABLE_NAME: z.string(), ...vgacSettings } },
  async ({ job, verdict }, { env, now, log }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const evidence = await readEvidence(store, job);
    const said = await askVgac(await vgacFor(evidence.config, env), job);
    const decision = await recordOnce(store, { job, verdict, said, evidence }, now);
    const { clusterId, jobId } = job;
    log.info('decided', {
      clusterId,
      jobId,
      called: decision.called,
      tier: decision.tier,
      scope: decision.scope,
      next: decision.next,
      reason: decision.reasons[0]?.code,
      servedBy: decision.prediction.models?.servedBy,
      vgac: decision.prediction.models?.vgac,
    });
    await foldCluster(store, evidence.config, now, [roundKey(job)], FEW_RACES).catch((error: unknown) => {
      log.info('the fold is left to the next', {
        clusterId,
        jobId,
        error: error instanceof Error ? error.name : 'unknown',
      });
    });
    return decision;
  },
);
