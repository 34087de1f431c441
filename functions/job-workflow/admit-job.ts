import * as z from 'zod';
import { AdmitJobInput, AdmitJobOutput } from '../../schemas/machines/job-workflow.ts';
import { admissionStore } from '../adapters/tables/admission-store.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { table } from '../adapters/tables/table.ts';
import { admitRound } from '../application/decisions/admit-round.ts';
import { admit, otherCollector } from '../domain/admission.ts';
import { refused } from '../runtime/refused.ts';
import { task } from '../runtime/task.ts';

/** Parses the event and claims the round's row; everything after this works on a valid round. */
export const handler = task(
  { input: AdmitJobInput, output: AdmitJobOutput, env: { DYNAMODB_TABLE_NAME: z.string() } },
  async ({ event, execution }, { env, now, log, metrics }) => {
    const admission = admit(event, now);
    if (!admission.ok) throw refused(admission, metrics);
    const { job, source } = admission;
    log.appendKeys({ clusterId: job.clusterId, jobId: job.jobId, submittedAt: job.submittedAt });
    const store = table(env.DYNAMODB_TABLE_NAME);
    const refusal = otherCollector(await loadConfig(store, job.clusterId, job.platform), source);
    if (refusal) throw refused(refusal, metrics);
    await admitRound(admissionStore(store), job, execution, now);
    return { job };
  },
);
