import { AdmitJobInput, AdmitJobOutput } from '../../schemas/machines/job-workflow.ts';
import { admissionStore } from '../adapters/tables/admission-store.ts';
import { CollectorEventSettings, newClusterStore } from '../adapters/tables/new-clusters.ts';
import { table } from '../adapters/tables/table.ts';
import { refuseCluster } from '../application/decisions/admit-cluster.ts';
import { admitRound } from '../application/decisions/admit-round.ts';
import { admit } from '../domain/admission.ts';
import { refuse, refused } from '../runtime/refused.ts';
import { task } from '../runtime/task.ts';

/** Parses the event and claims the round's row; everything after this works on a valid round. */
export const handler = task(
  { input: AdmitJobInput, output: AdmitJobOutput, env: CollectorEventSettings },
  async ({ event, execution }, { env, now, log, metrics }) => {
    const admission = admit(event, now);
    if (!admission.ok) throw refused(admission, metrics);
    const { job, source } = admission;
    log.appendKeys({ clusterId: job.clusterId, jobId: job.jobId, submittedAt: job.submittedAt });
    const items = table(env.DYNAMODB_TABLE_NAME);
    refuse(
      await refuseCluster(newClusterStore(items), { clusterId: job.clusterId, source }, env.NEW_CLUSTERS_PER_DAY, now),
      metrics,
    );
    await admitRound(admissionStore(items), job, execution, now);
    return { job };
  },
);
