import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/aws/executions.ts';
import { ApprovalSettings, approvalPorts, IMPATIENT } from '../adapters/messages/approval-ports.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { ingestStore } from '../adapters/tables/outcome-store.ts';
import { table } from '../adapters/tables/table.ts';
import { ingestOutcome } from '../application/outcomes/ingest-outcome.ts';
import { admitOutcome, otherCollector } from '../domain/admission.ts';
import { refused } from '../runtime/refused.ts';
import { task } from '../runtime/task.ts';

/** Joins an outcome to its job's row, voids questions it has overtaken, and folds its label at once. */
export const handler = task(
  {
    input: z.unknown(),
    output: z.object({ contradicts: z.boolean(), folded: z.number().int() }),
    env: ApprovalSettings,
  },
  async (event, invocation) => {
    const { env, now, log, metrics } = invocation;
    const admission = admitOutcome(event, now);
    if (!admission.ok) throw refused(admission, metrics);
    const { outcome, source } = admission;
    if (outcome === null) return { contradicts: false, folded: 0 };
    const { clusterId, jobId, fact } = outcome;
    log.appendKeys({ clusterId, jobId });
    const store = table(env.DYNAMODB_TABLE_NAME);
    // For an unknown cluster nothing that is used here depends on the platform.
    const config = await loadConfig(store, clusterId, 'kubernetes');
    const refusal = otherCollector(config, source);
    if (refusal) throw refused(refusal, metrics);
    const ports = { ...approvalPorts(invocation, ingestStore(store), IMPATIENT), answerTask };
    const { waits, contradicts, folded, unreadable } = await ingestOutcome(ports, config, outcome);
    if (waits) metrics.addMetric('OutcomeWaits', MetricUnit.Count, 1);
    if (unreadable > 0) metrics.addMetric('UnreadableRow', MetricUnit.Count, unreadable);
    if (contradicts) {
      metrics.addMetric('ContradictingOutcome', MetricUnit.Count, 1);
      log.warn('an outcome contradicts what was stored before it', { type: fact.type });
    }
    return { contradicts, folded };
  },
);
