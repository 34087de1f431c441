import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/aws/executions.ts';
import { ApprovalSettings, approvalPorts } from '../adapters/messages/approval-ports.ts';
import { voidQuestionsStore } from '../adapters/tables/approval-stores.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { foldStore } from '../adapters/tables/fold-store.ts';
import { outcomeStore } from '../adapters/tables/outcome-store.ts';
import { table } from '../adapters/tables/table.ts';
import { voidQuestions } from '../application/approvals/void-questions.ts';
import { foldCluster } from '../application/outcomes/fold-cluster.ts';
import { takeOutcome } from '../application/outcomes/take-outcome.ts';
import { admitOutcome } from '../domain/admission.ts';
import { roundKey } from '../domain/round.ts';
import { MalformedEvent } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';

/** An outcome does not wait for Slack: anything that fails at once is left to the sweeper. */
const IMPATIENT = { timeoutMs: 1_000, waitBudgetMs: 0 };

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
    if (!admission.ok) {
      metrics.addDimension('Reason', admission.code);
      metrics.addMetric('EventRefused', MetricUnit.Count, 1);
      // Thrown until the rule moves the event to a dead-letter queue, which raises an alarm.
      throw new MalformedEvent(`${admission.code}: ${admission.detail}`);
    }
    const { outcome } = admission;
    if (outcome === null) return { contradicts: false, folded: 0 };
    const { clusterId, jobId, fact } = outcome;
    log.appendKeys({ clusterId, jobId });
    const store = table(env.DYNAMODB_TABLE_NAME);
    // Only T and the budgets are used here, and for an unknown cluster they do not depend on the platform.
    const config = await loadConfig(store, clusterId, 'kubernetes');
    const { round, contradicts, teaches } = await takeOutcome(
      outcomeStore(store),
      outcome,
      config.longWaitSeconds,
      now,
    );
    // First, so that anybody who answers from now on sees that there is nothing left to answer.
    if (round !== null) {
      const ports = approvalPorts(invocation, voidQuestionsStore(store), IMPATIENT);
      await voidQuestions({ ...ports, answerTask }, round);
    }
    if (round === null) metrics.addMetric('OutcomeWaits', MetricUnit.Count, 1);
    if (contradicts) {
      metrics.addMetric('ContradictingOutcome', MetricUnit.Count, 1);
      log.warn('an outcome contradicts what was stored before it', { type: fact.type });
    }
    if (round === null || !teaches) return { contradicts, folded: 0 };
    const { folded, unreadable } = await foldCluster(foldStore(store), config, now, [roundKey(round)]);
    if (unreadable.length > 0) metrics.addMetric('UnreadableRow', MetricUnit.Count, unreadable.length);
    return { contradicts, folded };
  },
);
