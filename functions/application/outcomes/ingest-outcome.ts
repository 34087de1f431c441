import type { Outcome } from '../../domain/outcome.ts';
import { roundKey } from '../../domain/round.ts';
import type { ResumingPorts } from '../approvals/ports.ts';
import { voidQuestions } from '../approvals/void-questions.ts';
import { foldCluster } from './fold-cluster.ts';
import type { IngestStore } from './ports.ts';
import { takeOutcome } from './take-outcome.ts';

interface Ingested {
  /** Its round is not known yet. */
  readonly waits: boolean;
  /** It disagrees with what was stored before it. */
  readonly contradicts: boolean;
  /** Labels folded at once. */
  readonly folded: number;
  /** Rows that did not parse. */
  readonly unreadable: number;
}

/**
 * Joins an outcome to its job's row, voids the questions it has overtaken, and folds its label.
 * @throws RowContended, FoldContended, UnreadableItem, OtherLayout
 */
export async function ingestOutcome(ports: ResumingPorts<IngestStore>, outcome: Outcome): Promise<Ingested> {
  const { store, now } = ports;
  // Only T and the budgets are used here, and for an unknown cluster they do not depend on the platform.
  const config = await store.loadConfig(outcome.clusterId);
  const { round, contradicts, teaches } = await takeOutcome(store, outcome, config.longWaitSeconds, now);
  if (round === null) return { waits: true, contradicts, folded: 0, unreadable: 0 };
  // Before the fold, so that anybody who answers from now on sees that there is nothing left to answer.
  await voidQuestions(ports, round);
  if (!teaches) return { waits: false, contradicts, folded: 0, unreadable: 0 };
  const { folded, unreadable } = await foldCluster(store, config, now, [roundKey(round)]);
  return { waits: false, contradicts, folded, unreadable: unreadable.length };
}
