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

/** What the console's JSON API returns and its page shows. Times are ISO 8601 on the system's clock. */

/** The standing of one tier on a cluster. Shares are from 0 to 1. */
export interface TierView {
  tier: TierName;
  /** An action is configured for it. */
  configured: boolean;
  eps: number;
  earned: boolean;
  /** What is missing, or what earned it, in one sentence. */
  sentence: string;
  tokens: { free: number; reserved: number; cap: number; needed: number };
  /** In this run. */
  called: number;
  acted: number;
  heldOut: number;
  /** The share right beside the promise, since its tokens started. */
  kept: Kept;
  /** Long waits that it acted on in time beside chance, over this run's jobs with known labels. */
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
  platform?: Platform | undefined;
  dryRun: boolean;
  score: number | null;
  scope: Scope;
  /** The scope as displayed: learning is neutral. */
  shown: ShownScope;
  ece: number | null;
  eceLower: number | null;
  eceUpper: number | null;
  /** The ECE that a perfect model would show with n labels. */
  nullMean: number | null;
  n: number;
  /** q is better than the base rate. */
  skilled: boolean;
  epoch: number;
  version: number;
  /** The band that the evidence supports now, which scopes follow, and the announced one, which lags behind. */
  drift: DriftBand;
  announced: DriftBand;
  /** What the two drift detectors report, in words; for information only. */
  alarms: string;
  /** How far the distribution of VGAC's probabilities has shifted; null while it needs `psiNeeds` more jobs. */
  psi: number | null;
  psiNeeds: number;
  earnedTier: number;
  /** Lowest first; empty if the calibration is unreadable. */
  tiers: TierView[];
  /** Null while it has counted nothing, or if it is unreadable. */
  forecast: ForecastView | null;
  /** Open questions and the places for them; the same for questions of the last hour. */
  questions: { open: number; places: number; thisHour: number; perHour: number };
  /** What happened to the jobs of this run. */
  figures: Figures;
  /** This run's long waits that were acted on in time, beside all jobs with known labels. */
  reached: { reached: number; longWaits: number; acted: number; jobs: number };
  /** The active refit and the newest attempt at another, with their proofs; empty before the first. */
  refits: RefitView[];
  /** Why the drift monitor could not visit this cluster; null if it could. */
  trouble: string | null;
  /** Why it is not allowed more, and what that would need. */
  reasons: Reason[];
  history: { at: string; score: number | null; scope: Scope }[];
}

export interface Tally {
  /** JobSubmitted events received. */
  jobs: number;
  openApprovals: number;
  /** What happened to them. */
  figures: Figures;
}

/** What the built-in forecast has counted of a cluster's queue, and which model serves the probability. */
export interface ForecastView {
  /** Whether the cluster has a VGAC, and if so, whether its p is in use now. */
  servedBy: 'queue' | 'queueAndVgac' | 'queueWithoutVgac';
  /** What p gains in log loss per label, and the lower end of its one-sided 95 % interval; null before that is known. */
  gain: { labels: number; mean: number; lower: number } | null;
  pending: number;
  running: number;
  /** Jobs without events for too long, and the number of jobs by which scheduler snapshots corrected the counts. */
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
  /** A human is asked, possibly beside what is done. */
  asked: boolean;
  /** How it is counted; null if it is not a job of ours. */
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
  /** Its history is gone, with states, input and output; the rest is from the table. */
  forgotten: boolean;
  decision:
    | (Omit<Decision, 'prediction'> & {
        prediction: Omit<Decision['prediction'], 'p'>;
        /** Whose forecast is served, in words. */
        servedBy: string | null;
      })
    | null;
  effect: Effect | null;
  /** What was done on approval, beside or instead of that. */
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
  /** The tier asked about, or done. */
  tier: number;
  /** Exactly what would be done. */
  action: string;
  target: string | null;
  text: string | null;
  argumentsHash: string | null;
  statement: string;
  /** A model's explanation; null if there is none. */
  explanation: string | null;
  reasons: Reason[];
  /** Why it was not done autonomously, tier by tier. */
  passedOver: Decision['passedOver'];
  /** What was done autonomously for the same job, in words; null if nothing was. */
  already: string | null;
  /** The job's owner and resources, in words. */
  job: string;
  /** The first rule that it failed; null for a hold that is in place. */
  because: string | null;
  /** How forecasts like this one turned out here, beside the promise. */
  record: string;
  evidence: Verdict;
  prediction: Omit<Decision['prediction'], 'p'> & { longWaitSeconds: number };
  /** What else could be done, besides waiting. */
  alternatives: { action: string; target?: string | undefined }[];
  requestedAt: string;
  expiresAt: string;
  /** Its state, as one sentence. */
  standing: string;
  /** The reason as the person answering wrote it. */
  reason: string | null;
  effect: { status: string; at: string; reason?: string | undefined } | null;
  undo: UndoState;
  undoUntil: string | null;
  execution: string | null;
  /** The card in the Slack stand-in; null if real Slack is used. */
  cardUrl: string | null;
}

export interface Approvals {
  now: string;
  open: ApprovalView[];
  /** Answered, timed out or void, newest first. */
  settled: ApprovalView[];
  /** How people answered in the last 30 days. */
  fatigue: Fatigue[];
  /** By cluster; `*` means all clusters. */
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
  /** Clusters whose calibration is unreadable: nothing acts there, and nothing can be shown. */
  unreadable: string[];
  notices: Notice[];
  approvals: ApprovalView[];
  recent: ExecutionRow[];
  slackUrl: string | null;
  /** Shown in red above everything else. */
  warning: string | null;
}
