import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { JobItem, RoundForecast, RowStatus } from '../../../schemas/items/job.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import type { Observation } from '../../../schemas/ports/vgac.ts';
import type { AskPlaces } from '../../domain/asking.ts';
import type { JobFact } from '../../domain/outcome.ts';
import type { Profile } from '../../domain/profile.ts';
import type { TierNumber } from '../../domain/reservations.ts';
import type { Round } from '../../domain/round.ts';
import type { Standing } from '../../domain/served.ts';
import type { Whose } from '../../domain/subject.ts';

/** Another execution has this round. The machine then ends quietly. */
export class AlreadyAdmitted extends Error {
  override name = 'AlreadyAdmitted' as const;
}

/** What one decision reserves before it is recorded. */
export interface Taking {
  /** The tier the job calls for, 1 to 4; the call is open until the label. */
  called: TierNumber;
  /** The demand of that tier including this call. */
  demand: number;
  /** The hash of the round. */
  open: Uint8Array;
  /** What it reserves, in ten-thousandths of a token; null if nothing is done or held out. */
  reserves: { tier: TierNumber; place: Uint8Array; cost: number; need: number } | null;
}

/** An action on a job. */
export interface Use {
  jobId: string;
  action: string;
}

/** Where an action on a job stands against its limits. */
export interface Usage {
  /** The same action ran on the same job within its cooldown. */
  coolingDown: boolean;
  /** Counts all actions on the cluster. */
  usedThisHour: number;
}

export interface Closing {
  status: RowStatus;
  /** What Act did, if it left that to be stored here. */
  effect?: Effect | undefined;
  failure?: { error: string; cause?: string | undefined } | undefined;
  at: Date;
}

/** Claims rounds, and joins the outcomes that arrived before them. */
export interface AdmissionStore {
  /** Claims the round's row for one execution; a retry of that execution succeeds again. @throws AlreadyAdmitted */
  claimJob(job: Job, execution: string, now: Date): Promise<void>;
  neighboursOf(round: Round): Promise<{ before: JobItem | null; after: JobItem | null }>;
  latestRound(job: Job, at: string): Promise<JobItem | null>;
  recordOwnEffect(round: Round, decisionId: string): Promise<void>;
  recordSuperseded(round: Round, at: string): Promise<void>;
  joinOutcomeToRow(round: Round, fact: JobFact, longWaitSeconds: number, now: Date): Promise<unknown>;
  waitingFor(round: Round): Promise<JobFact[]>;
  dropWaiting(job: Job, fact: JobFact): Promise<void>;
  loadConfig(clusterId: string): Promise<ClusterConfig>;
}

/** Everything a decision is based on, from one consistent read. */
export interface StoredEvidence {
  config: ClusterConfig;
  row: JobItem | null;
  /** Null for an unknown cluster. */
  calibration: CalibrationItem | 'unreadable' | null;
  /** Null for a cluster whose forecast has counted nothing yet. */
  forecast: Standing | 'unreadable' | null;
  places: AskPlaces;
}

/** Reserves and records decisions. */
export interface DecisionStore {
  /** One consistent read. @throws UnreadableItem, OtherLayout for items no decision can be recorded without */
  readEvidence(job: Job): Promise<StoredEvidence>;
  loadJob(round: Round): Promise<JobItem | null>;
  recordDecision(decision: Decision, labelDue: string, forecast: RoundForecast | null): Promise<boolean>;
  take(clusterId: string, taking: Taking): Promise<boolean>;
  giveBack(clusterId: string, tier: TierNumber, place: Uint8Array): Promise<boolean>;
  closeCalls(clusterId: string, tier: TierNumber, hashes: readonly Uint8Array[]): Promise<void>;
  takePlace(
    clusterId: string,
    question: { id: string; tier: number; until: number },
    limits: ClusterConfig['asking'],
    now: Date,
  ): Promise<string | null>;
  forgetPlace(clusterId: string, id: string, now: Date): Promise<void>;
  loadUsage: LimitStore['loadUsage'];
}

/** What a cluster's reliability is judged by, from one consistent read. */
export interface StoredReliability {
  calibration: CalibrationItem | 'unreadable' | null;
  frozen: boolean;
  vgacAsksRecalibration: boolean;
}

export interface ReliabilityStore {
  readReliability(clusterId: string): Promise<StoredReliability>;
  oldestUnfolded(clusterId: string, before: Date): Promise<Date | null>;
  createCalibration(config: ClusterConfig, now: Date): Promise<CalibrationItem>;
}

/** How often an action may run, per job and per cluster. */
export interface LimitStore {
  /** @param decisionId its own earlier use does not count against it */
  loadUsage(
    config: Pick<ClusterConfig, 'clusterId' | 'limits'>,
    use: { jobId: string; action: string | undefined },
    now: Date,
    decisionId?: string,
  ): Promise<Usage>;
  /** @returns which limit forbids it: its cooldown on this job, or the rate of the cluster; null if it is counted now */
  useAction(
    config: Pick<ClusterConfig, 'clusterId' | 'limits'>,
    use: Use,
    decisionId: string,
    now: Date,
  ): Promise<'cooldown' | 'rate' | null>;
}

/** The conditions for carrying out an effect, from one consistent read. */
export interface StoredOrder {
  row: JobItem | null;
  config: ClusterConfig;
  /** By an operator. */
  frozen: { at: string } | null;
}

export interface EffectStore extends LimitStore, ReliabilityStore {
  readOrder(round: Round): Promise<StoredOrder>;
  loadApproval(id: string): Promise<ApprovalItem | null>;
  recordActing(round: Round, intent: NonNullable<JobItem['acting']>): Promise<void>;
  recordEffect(round: Round, effect: Effect, whose?: Whose): Promise<void>;
}

/** Closes what a round has open. */
export interface ClosingStore {
  closeJob(round: Round, closing: Closing): Promise<boolean>;
  freePlace(clusterId: string, id: string, now: Date): Promise<void>;
}

export interface BrokenExecutionStore extends AdmissionStore, ClosingStore {
  loadJob(round: Round): Promise<JobItem | null>;
  releaseRound(round: Round): Promise<void>;
  voidQuestion(id: string, reason: string, now: Date): Promise<unknown>;
}

/** A cluster's profile, and how many jobs the forecast counts there now. */
export interface ObservationStore {
  readCluster(
    clusterId: string,
  ): Promise<{ config: ClusterConfig; profile: Profile | null; counted: () => Observation }>;
  typicalWait(clusterId: string): Promise<number | null>;
  saveProfile(clusterId: string, profile: Profile): Promise<void>;
}
