import type { Decision, Question } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import { JobItem } from '../../../schemas/items/job.ts';
import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import { LAYOUT } from '../../../schemas/layout.ts';
import type { Verdict } from '../../../schemas/verdict.ts';

/** Decisions and rows for whatever counts, tells or shows them. */

const SUBMITTED = '2026-11-20T12:00:00.000Z';
const CLUSTER = { clusterId: 'west-1', jobId: 'job-17' };

export const asksAbout = (tier: number): Question => ({
  tier,
  arguments: { action: 'requeue', ...CLUSTER, target: 'short' },
  argumentsHash: 'b'.repeat(64),
});

export const evidenceOf = (over: Partial<Verdict> = {}): Verdict => ({
  ...{ score: 0.9, scope: 'autonomous', ece: 0.02, eceLower: 0, eceUpper: 0.04, nullMean: 0.03, n: 300 },
  ...{ skilled: true, epoch: 0, version: 1, drift: 'none', earnedTier: 2, reasons: [] },
  ...over,
});

/** An annotation that the agent made alone. */
export const aDecided = (over: Partial<Decision> = {}): Decision => ({
  ...{ decisionId: 'dec_0123456789abcdef01234567', ...CLUSTER, submittedAt: SUBMITTED, decidedAt: SUBMITTED },
  ...{ called: 1, tier: 1, kind: 'statement', scope: 'autonomous', next: 'act', executed: true, asks: null },
  arguments: { action: 'annotate', ...CLUSTER, text: 'Job will start in 12 minutes' },
  ...{ argumentsHash: 'a'.repeat(64), cost: 10_000, holdOutShare: null, paper: [], eras: [0, 0, 0, 0] },
  ...{ passedOver: [], foldable: true, reasons: [], evidence: evidenceOf() },
  prediction: {
    ...{ p: 0.6, q: 0.58, waitSeconds: 720, lowerSeconds: 300, upperSeconds: 1500, upper90Seconds: 1200 },
    confidence: 0.8,
  },
  ...{ statement: 'Job will start in 12 minutes', longWaitSeconds: 300, approvalTtlSeconds: 14_400, dryRun: false },
  ...over,
});

/** A row of it, closed unless `status` is null, labelled where a label is given. */
export function aRow({
  decision,
  status = 'acted',
  effect,
  longWait,
  ...more
}: {
  decision?: Partial<Decision> | null;
  status?: JobItem['status'] | null;
  effect?: Partial<Effect>;
  longWait?: boolean | null;
} & Partial<Omit<JobItem, 'decision' | 'status' | 'effect'>>): JobItem {
  const decided = decision === null ? undefined : aDecided(decision);
  const labelAt = new Date(Date.parse(SUBMITTED) + 300_000).toISOString();
  return JobItem.parse({
    ...{ PK: 'CLUSTER#west-1', SK: `JOB#job-17#${SUBMITTED}`, v: LAYOUT, cluster_id: 'west-1', job_id: 'job-17' },
    ...{ submitted_at: SUBMITTED, claimed_by: 'arn:run-1', decision: decided },
    ...(status !== null && { status }),
    ...(effect && {
      effect: {
        ...{ status: 'done', action: 'annotate', decisionId: decided?.decisionId ?? '', at: SUBMITTED },
        ...{ intervened: false, ...effect },
      },
    }),
    ...(longWait !== undefined && { long_wait: longWait, label_at: labelAt }),
    ...more,
  });
}

/** A statement that was right, as the ledger has it. */
export const anEntry = (over: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...{ jobId: 'job-17', decisionId: 'dec_0123456789abcdef01234567', submittedAt: 0, decidedAt: 0, labelAt: 300 },
  ...{ p: 0.6, q: 0.58, called: 1, tier: 1, heldOut: false, done: true, cost: 10_000, paper: [], eras: [0, 0, 0, 0] },
  ...{ touched: false, undone: false, longWait: true, draw: 0, predictedWaitSeconds: 720, waitSeconds: 400, epoch: 0 },
  bounds: { lowerSeconds: 300, upperSeconds: 1500, upper90Seconds: 1200 },
  ...over,
});
