import type { Fatigue } from '../../functions/domain/fatigue.ts';
import type { Figures, Kept, Part } from '../../functions/domain/figures.ts';
import type { UndoState } from '../../functions/domain/undoing.ts';
import type { Decision } from '../../schemas/decision.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { RefitProof, RefitStatus } from '../../schemas/items/refit.ts';
import type { Platform, Scope, TierName } from '../../schemas/primitives.ts';
import type { DriftBand, Reason, Verdict } from '../../schemas/verdict.ts';
import type { ShownScope } from './shown-scope.ts';
import type { StoryLine } from './story.ts';

/** What the console's JSON API says and its page shows. Times are ISO 8601 on the system's clock. */

/** How one tier stands on a cluster. Tokens in tokens, shares from 0 to 1. */
export interface TierView {
  tier: TierName;
  /** An action is configured for it. */
  configured: boolean;
  eps: number;
  earned: boolean;
  /** What is missing, or what it has earned by, in one sentence. */
  sentence: string;
  tokens: { free: number; reserved: number; cap: number; needed: number };
  /** In this run. */
  called: number;
  acted: number;
  heldOut: number;
  /** Right beside the promise, since its tokens started. */
  kept: Kept;
  /** Long waits that it had acted on beside what chance would have, of the jobs of this run whose labels are known. */
  reached: number | null;
  chance: number | null;
}

export interface RefitView {
  epoch: number;
  status: RefitStatus;
  reason: string;
  at: string;
  proof: Pick<RefitProof, 'n' | 'fitted' | 'before' | 'after'> | null;
  watched: { n: number; gain: number | null; se: number | null } | null;
}

export interface ClusterView {
  clusterId: string;
  platform: Platform;
  dryRun: boolean;
  score: number | null;
  scope: Scope;
  /** The scope as it is shown: learning is neutral. */
  shown: ShownScope;
  ece: number | null;
  eceLower: number | null;
  eceUpper: number | null;
  /** What a perfect model would show with n labels. */
  nullMean: number | null;
  n: number;
  /** q tells more than the base rate. */
  skilled: boolean;
  epoch: number;
  version: number;
  /** The band that the evidence supports now, which scopes follow, and the one announced, which lags behind it. */
  drift: DriftBand;
  announced: DriftBand;
  /** What the two detectors say about drift, in words; for information, they touch nothing. */
  alarms: string;
  /** How differently VGAC's probabilities are distributed today; null while `psiNeeds` more jobs are needed for it. */
  psi: number | null;
  psiNeeds: number;
  earnedTier: number;
  /** The lowest first; empty where the calibration cannot be read. */
  tiers: TierView[];
  /** Null while it has counted nothing, and where it cannot be read. */
  forecast: ForecastView | null;
  /** Questions that are open, and places for them; the same for those of the last hour. */
  questions: { open: number; places: number; thisHour: number; perHour: number };
  /** What became of the jobs of this run. */
  figures: Figures;
  /** Long waits of this run that had been acted on, beside all jobs whose labels are known. */
  reached: { reached: number; longWaits: number; acted: number; jobs: number };
  /** The refit in force and the newest attempt at another, with their proofs; empty before the first. */
  refits: RefitView[];
  /** Why the drift monitor could not visit this cluster; null where it could. */
  trouble: string | null;
  /** Why it is not allowed more, and what that would need. */
  reasons: Reason[];
  history: { at: string; score: number | null; scope: Scope }[];
}

export interface Tally {
  /** JobSubmitted events that came in. */
  jobs: number;
  openApprovals: number;
  /** What became of them. */
  figures: Figures;
}

/** What the built-in forecast of a cluster's queue has counted, and who carries the probability that is served. */
export interface ForecastView {
  /** Whether the cluster has a VGAC, and if so, whether its p is let in now. */
  servedBy: 'queue' | 'queueAndVgac' | 'queueWithoutVgac';
  /** What p gains in log loss per label, and the lower end of its one-sided 95 % interval; null before that is known. */
  gain: { labels: number; mean: number; lower: number } | null;
  pending: number;
  running: number;
  /** Jobs of which nothing was heard for too long, and those by which snapshots of the scheduler found the counts off. */
  aged: number;
  corrected: { snapshots: number; jobs: number };
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
  /** The tier called for, and the one done or held out; 0 for none. */
  called: number | null;
  tier: number | null;
  /** A human is asked, also beside what is done. */
  asked: boolean;
  /** What it counts as; null where it is no job of ours. */
  part: Part | null;
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
  decision:
    | (Omit<Decision, 'prediction'> & {
        prediction: Omit<Decision['prediction'], 'p'>;
        /** Whose forecast is served, in words. */
        servedBy: string | null;
      })
    | null;
  effect: Effect | null;
  /** What was done on a human's word, beside or instead of that. */
  approvedEffect: Effect | null;
  outcome: { longWait: boolean | null; labelAt: string; waitSeconds: number | null; foldedIn: number | null } | null;
  approval: ApprovalView | null;
}

export interface ApprovalView {
  approvalId: string;
  clusterId: string;
  jobId: string;
  status: string;
  question: string;
  /** Effects are not real. */
  dryRun: boolean;
  /** The tier that the job calls for. */
  called: number;
  /** The one that is asked about, or done. */
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
  /** Why it was not done alone, tier by tier. */
  passedOver: Decision['passedOver'];
  /** What was done alone about the same job, in words; null where nothing was. */
  already: string | null;
  /** Whose job it is and what it takes, in words. */
  job: string;
  /** The first rule that it did not pass; null for a hold that is in place. */
  because: string | null;
  /** How forecasts like this one came out here, beside the promise. */
  record: string;
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
  tone: 'good' | 'info' | 'warn' | 'bad';
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
