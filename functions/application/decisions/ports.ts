import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { JobItem, RoundForecast, RowStatus } from '../../../schemas/items/job.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import type { Observation } from '../../../schemas/ports/vgac.ts';
import type { Platform } from '../../../schemas/primitives.ts';
import type { AskPlaces } from '../../domain/asking.ts';
import type { Told } from '../../domain/outcome.ts';
import type { Profile } from '../../domain/profile.ts';
import type { TierNumber } from '../../domain/reservations.ts';
import type { Round } from '../../domain/round.ts';
import type { Standing } from '../../domain/served.ts';
import type { Whose } from '../../domain/subject.ts';

/** Another execution has this round. The machine ends there, quietly. */
export class AlreadyAdmitted extends Error {
  override name = 'AlreadyAdmitted' as const;
}

/** What one decision takes for itself before it is recorded. */
export interface Taking {
  /** The tier that the job calls for, 1 to 4: it is open until its label. */
  called: TierNumber;
  /** The demand of that tier with this call. */
  demand: number;
  /** The hash of the round. */
  open: Uint8Array;
  /** What it reserves; null where nothing is done or held out. Ten-thousandths of a token. */
  reserves: { tier: TierNumber; place: Uint8Array; cost: number; need: number } | null;
}

/** What is to be done to which job. */
export interface Use {
  jobId: string;
  action: string;
}

/** How far an action on a job is from its limits. */
export interface Usage {
  /** The same action was done to the same job less than its cooldown ago. */
  coolingDown: boolean;
  /** Of all actions on the cluster. */
  usedThisHour: number;
}

export interface Closing {
  status: RowStatus;
  /** What Act did, where it left that to be kept here. */
  effect?: Effect | undefined;
  failure?: { error: string; cause?: string | undefined } | undefined;
  at: Date;
}

/** Claims rounds, and joins what was told of them before. */
export interface AdmissionStore {
  /** Claims the round's row for one execution; a retry of that execution succeeds again. @throws AlreadyAdmitted */
  claimJob(job: Job, execution: string, now: Date): Promise<void>;
  neighboursOf(round: Round): Promise<{ before: JobItem | null; after: JobItem | null }>;
  latestRound(job: Job, at: string): Promise<JobItem | null>;
  recordOwnEffect(round: Round, decisionId: string): Promise<void>;
  recordSuperseded(round: Round, at: string): Promise<void>;
  recordOutcome(round: Round, told: Told, longWaitSeconds: number, now: Date): Promise<unknown>;
  waitingFor(round: Round): Promise<Told[]>;
  dropWaiting(job: Job, told: Told): Promise<void>;
  loadConfig(clusterId: string, platform: Platform): Promise<ClusterConfig>;
}

/** What one consistent read found of all that a decision stands on. */
export interface StoredEvidence {
  config: ClusterConfig;
  row: JobItem | null;
  /** Null for a cluster that nobody has seen. */
  calibration: CalibrationItem | 'unreadable' | null;
  /** Null for a cluster whose forecast has counted nothing yet. */
  forecast: Standing | 'unreadable' | null;
  places: AskPlaces;
}

/** Reserves and records decisions. */
export interface DecisionStore {
  /** One consistent read. @throws UnreadableItem, OtherLayout for what no decision can be recorded without */
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

/** What the reliability of a cluster is judged by, as one consistent read found it. */
export interface StoredReliability {
  calibration: CalibrationItem | null;
  frozen: boolean;
  vgacAsksRecalibration: boolean;
}

export interface ReliabilityStore {
  readReliability(clusterId: string): Promise<StoredReliability>;
  oldestUnfolded(clusterId: string, before: Date): Promise<Date | null>;
  createCalibration(config: ClusterConfig, now: Date): Promise<CalibrationItem>;
}

/** How often an action may be done, per job and per cluster. */
export interface LimitStore {
  /** @param decisionId whose own earlier use does not stand in its way */
  loadUsage(
    config: Pick<ClusterConfig, 'clusterId' | 'limits'>,
    use: { jobId: string; action: string | undefined },
    now: Date,
    decisionId?: string,
  ): Promise<Usage>;
  /** @returns false while the action cools down on this job, or when the hour of the cluster is full */
  useAction(
    config: Pick<ClusterConfig, 'clusterId' | 'limits'>,
    use: Use,
    decisionId: string,
    now: Date,
  ): Promise<boolean>;
}

/** What an effect is carried out under, as one consistent read found it. */
export interface StoredOrder {
  row: JobItem | null;
  config: ClusterConfig;
  /** By an operator. */
  frozen: boolean;
}

export interface EffectStore extends LimitStore, ReliabilityStore {
  readOrder(round: Round): Promise<StoredOrder>;
  loadApproval(id: string): Promise<ApprovalItem | null>;
  recordActing(round: Round, decisionId: string, now: Date): Promise<void>;
  recordEffect(round: Round, effect: Effect, whose?: Whose): Promise<void>;
}

/** Ends what a round has open. */
export interface ClosingStore {
  closeJob(round: Round, closing: Closing): Promise<boolean>;
  freePlace(clusterId: string, id: string, now: Date): Promise<void>;
}

export interface BrokenExecutionStore extends AdmissionStore, ClosingStore {
  loadJob(round: Round): Promise<JobItem | null>;
  releaseRound(round: Round): Promise<void>;
}

/** What is known of how a cluster usually is, and how many jobs the forecast counts there now. */
export interface ObservationStore {
  readCluster(
    clusterId: string,
    platform: Platform,
  ): Promise<{ config: ClusterConfig; profile: Profile | null; counted: () => Observation }>;
  typicalWait(clusterId: string): Promise<number | null>;
  saveProfile(clusterId: string, profile: Profile): Promise<void>;
}
