import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/aws/executions.ts';
import { ApprovalSettings, approvalPorts, IMPATIENT } from '../adapters/messages/approval-ports.ts';
import { CollectorEventSettings, newClusterStore } from '../adapters/tables/new-clusters.ts';
import { ingestStore } from '../adapters/tables/outcome-store.ts';
import { table } from '../adapters/tables/table.ts';
import { refuseCluster } from '../application/decisions/admit-cluster.ts';
import { ingestOutcome } from '../application/outcomes/ingest-outcome.ts';
import { admitOutcome } from '../domain/admission.ts';
import { refuse, refused } from '../runtime/refused.ts';
import { task } from '../runtime/task.ts';

/** Joins an outcome to its job's row, voids questions it has overtaken, and folds its label at once. */
export const handler = task(
  {
    input: z.unknown(),
    output: z.object({ contradicts: z.boolean(), folded: z.number().int() }),
    env: { ...ApprovalSettings, ...CollectorEventSettings },
  },
  async (event, invocation) => {
    const { env, now, log, metrics } = invocation;
    const admission = admitOutcome(event, now);
    if (!admission.ok) throw refused(admission, metrics);
    const { outcome, source } = admission;
    if (outcome === null) return { contradicts: false, folded: 0 };
    const { clusterId, jobId, fact } = outcome;
    log.appendKeys({ clusterId, jobId });
    const items = table(env.DYNAMODB_TABLE_NAME);
    refuse(await refuseCluster(newClusterStore(items), { clusterId, source }, env.NEW_CLUSTERS_PER_DAY, now), metrics);
    const ports = approvalPorts(invocation, ingestStore(items), IMPATIENT);
    const { waits, contradicts, folded, unreadable } = await ingestOutcome({ ...ports, answerTask }, outcome);
    if (waits) metrics.addMetric('OutcomeWaits', MetricUnit.Count, 1);
    if (unreadable > 0) metrics.addMetric('UnreadableRow', MetricUnit.Count, unreadable);
    if (contradicts) metrics.addMetric('ContradictingOutcome', MetricUnit.Count, 1);
    if (contradicts) log.warn('an outcome contradicts what was stored before it', { type: fact.type });
    return { contradicts, folded };
  },
);
