import type { Fatigue } from '../../../functions/domain/fatigue.ts';
import type { UndoState } from '../../../functions/domain/undoing.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { MapProof, MapStatus } from '../../../schemas/items/map.ts';
import type { Platform, Scope } from '../../../schemas/primitives.ts';
import type { DriftBand, Reason, Verdict } from '../../../schemas/verdict.ts';
import type { StoryLine } from '../../commands/story.ts';

/** What the console's JSON API says and its page shows. Times are ISO 8601 on the system's clock. */

export interface Budget {
  tokens: number | null;
  cap: number;
  inFlight: number;
  inFlightCap: number;
}

export interface MapView {
  epoch: number;
  status: MapStatus;
  reason: string;
  at: string;
  proof: Pick<MapProof, 'n' | 'fitted' | 'before' | 'after'> | null;
  watched: { n: number; gain: number; se: number } | null;
}

export interface ClusterView {
  clusterId: string;
  platform: Platform;
  dryRun: boolean;
  score: number | null;
  scope: Scope;
  ece: number | null;
  eceLower: number | null;
  eceUpper: number | null;
  /** What a perfect model would show with n labels. */
  nullMean: number | null;
  n: number;
  hold: number;
  epoch: number;
  version: number;
  drift: DriftBand;
  /** What the two detectors say about drift, in words; empty while neither has an alarm. */
  alarm: string;
  earnedTier: number;
  /** Outcomes that the next tier needs, in words; null when all are earned. */
  nextTier: string | null;
  /** The calibration map in force and the newest attempt at another, with their proofs; empty before the first. */
  maps: MapView[];
  /** Why the drift monitor could not visit this cluster; null where it could. */
  trouble: string | null;
  /** Why it is not allowed more, and what that would need. */
  reasons: Reason[];
  statement: Budget;
  intervention: Budget;
  history: { at: string; score: number | null; scope: Scope }[];
}

export interface Tally {
  jobs: number;
  alone: number;
  notified: number;
  withheld: number;
  asked: number;
  openApprovals: number;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One line of the list of executions. */
export interface ExecutionRow {
  name: string;
  machine: string;
  clusterId: string | null;
  jobId: string | null;
  /** Which round of the job. */
  submittedAt: string | null;
  status: ExecutionStatus;
  /** States in the order entered. */
  path: string[];
  scope: Scope | null;
  next: string | null;
  tier: number | null;
  statement: string | null;
  result: string | null;
  startedAt: string;
  stoppedAt: string | null;
}

export interface StateView {
  name: string;
  type: string;
  enteredAt: string;
  leftAt: string | null;
  input: unknown;
  output: unknown;
  /** Variables assigned here; visible from the next state on. */
  variables: unknown;
  /** Attempts, failures and waits inside the state, in words. */
  notes: string[];
}

export interface ExecutionView extends ExecutionRow {
  input: unknown;
  output: unknown;
  error: { error: string; cause: string } | null;
  states: StateView[];
  /** Its history is no longer kept: states, input and output are gone, the rest is from the table. */
  forgotten: boolean;
  decision: (Omit<Decision, 'prediction'> & { prediction: Omit<Decision['prediction'], 'p'> }) | null;
  effect: Effect | null;
  outcome: { longWait: boolean | null; labelAt: string; waitSeconds: number | null; foldedIn: number | null } | null;
  approval: ApprovalView | null;
}

export interface ApprovalView {
  approvalId: string;
  clusterId: string;
  jobId: string;
  status: string;
  question: string;
  tier: number;
  /** Exactly what would be done. */
  action: string;
  target: string | null;
  text: string | null;
  argumentsHash: string | null;
  statement: string;
  /** A model's words; null where there are none. */
  explanation: string | null;
  reasons: Reason[];
  evidence: Verdict;
  prediction: Omit<Decision['prediction'], 'p'> & { longWaitSeconds: number };
  /** What else could be done, besides waiting. */
  alternatives: { action: string; target?: string | undefined }[];
  requestedAt: string;
  expiresAt: string;
  /** How it stands, as one sentence. */
  standing: string;
  /** In the words of whoever answered. */
  reason: string | null;
  effect: { status: string; at: string; reason?: string | undefined } | null;
  undo: UndoState;
  undoUntil: string | null;
  execution: string | null;
  /** The card in the Slack stand-in; null where real Slack is used. */
  cardUrl: string | null;
}

export interface Approvals {
  now: string;
  open: ApprovalView[];
  /** Answered, timed out or void, the newest first. */
  settled: ApprovalView[];
  /** How people answered in the last 30 days. */
  fatigue: Fatigue[];
  /** By cluster; `*` is all of them. */
  frozen: Record<string, { by: string; reason: string; at: string }>;
}

export interface ApprovalDetails {
  approval: ApprovalView;
  frozen: Approvals['frozen'];
  /** The audit of its job, in order. */
  story: StoryLine[];
}

export interface Notice {
  at: string;
  clusterId: string;
  tone: 'good' | 'warn' | 'bad';
  text: string;
}

export interface Overview {
  now: string;
  /** `simulated` time jumps from event to event; `real` is the wall clock. */
  clock: 'simulated' | 'real';
  phase: 'starting' | 'running' | 'ended' | 'idle';
  source: string;
  tally: Tally;
  clusters: ClusterView[];
  /** Clusters whose calibration cannot be read: nothing acts there, and nothing can be shown. */
  unreadable: string[];
  notices: Notice[];
  approvals: ApprovalView[];
  recent: ExecutionRow[];
  slackUrl: string | null;
}
