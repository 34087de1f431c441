import * as z from 'zod';
import { PredictInput, PredictOutput } from '../../schemas/machines/job-workflow.ts';
import { decisionStore } from '../adapters/tables/decision-store.ts';
import { table } from '../adapters/tables/table.ts';
import { vgacFor, vgacSettings } from '../adapters/vgac/from-settings.ts';
import { askVgac } from '../application/decisions/ask-vgac.ts';
import { readEvidence } from '../application/decisions/evidence.ts';
import { recordDecisionOnce } from '../application/decisions/record-decision.ts';
import { task } from '../runtime/task.ts';

/**
 * Asks VGAC if there is one, then serves, proposes, gates, reserves and records. Always runs; on the human path it runs in shadow.
 * The fold before the next decision counts the job.
 */
export const handler = task(
  { input: PredictInput, output: PredictOutput, env: { DYNAMODB_TABLE_NAME: z.string(), ...vgacSettings } },
  async ({ job, verdict }, { env, now, log }) => {
    const store = decisionStore(table(env.DYNAMODB_TABLE_NAME));
    const evidence = await readEvidence(store, job);
    const said = await askVgac(await vgacFor(evidence.config, env), job);
    const decision = await recordDecisionOnce(store, { job, verdict, said, evidence }, now);
    log.info('decided', {
      clusterId: job.clusterId,
      jobId: job.jobId,
      called: decision.called,
      tier: decision.tier,
      scope: decision.scope,
      next: decision.next,
      reason: decision.reasons[0]?.code,
      servedBy: decision.prediction.models?.servedBy,
      vgac: decision.prediction.models?.vgac,
    });
    return decision;
  },
);
