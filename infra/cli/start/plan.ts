import type { ClusterConfig } from '../../../schemas/config.ts';
import type { CollectorEvent } from '../../demo/feed/timeline.ts';
import type { SimulatedCluster } from '../../demo/simulator/cluster.ts';
import type { TwinDifference } from '../../demo/simulator/twins.ts';
import type { PredictionSource } from '../../demo/stand-ins/vgac/source.ts';
import type { Clock } from '../../runtime/clock/clock.ts';

/** Where the stand-ins can be reached, known once the console has its port. */
export interface StandInUrls {
  vgac: string;
  scheduler: string;
}

/** Something that feeds events to the running system. */
export interface Feeding {
  /** Resolves when everything is published, or the feed was stopped; rejects when an event could not be put on the bus. */
  readonly done: Promise<void>;
  stop(): void;
  /** Share published so far, 0 to 1; null where there is no end. */
  progress(): number | null;
}

/** Something that happens in a simulated world and is news, in one sentence. */
export interface Happening {
  readonly kind: 'nodesLost' | 'nodesBack' | 'earlierStart';
  readonly clusterId: string;
  readonly jobId?: string;
  readonly tone: 'good' | 'warn' | 'bad';
  readonly text: string;
}

/** What came of everything that was done to jobs of a simulated cluster, against the same jobs with nobody acting. */
export interface Spared extends TwinDifference {
  readonly clusterId: string;
}

/** Said of every run on a simulated clock, where it starts and on the page. */
export const BEGINS_ANEW = 'it begins anew with every start, only --idle goes on after a kill';

/** What one start of the system runs on: its clock, its clusters, and what happens to them. */
export interface Plan {
  /** For people, e.g. "Two simulated clusters over 3 days". */
  readonly description: string;
  readonly clock: Clock;
  readonly clockKind: 'simulated' | 'real';
  /** Stops time, so that what is open at the end stays open. */
  pause(): void;
  /** Configuration where no file is given. */
  configuration(urls: StandInUrls): ClusterConfig[];
  readonly predictions: PredictionSource;
  readonly schedulers: ReadonlyMap<string, SimulatedCluster>;
  /** Tables of an earlier start are kept; else each run begins with nothing, so that it can be repeated. */
  readonly keepsTables: boolean;
  /** Salt of the hold-out for clusters that have none; absent: a random one. A replay always takes the same. */
  readonly newSalt?: () => string;
  /** Who hears what happens in a simulated world; absent where nothing is simulated. */
  onHappening?(listen: (happening: Happening) => void): void;
  /** What people were spared so far; absent where nothing is simulated. */
  spared?(): readonly Spared[];
  start(publish: (events: readonly CollectorEvent[]) => void): Feeding;
}

/** A run that begins with nothing is to be repeatable, the hold-out included. */
export const repeatableSalt = () => 'the same in every run';

/** The name under which the built-in configuration refers to the generated key of the simulated scheduler. */
export const SCHEDULER_SECRET = 'vgac-agentic/local/scheduler/simulated';

/** People of the built-in configuration; the Slack stand-in lets one be any of them. */
export const OPERATORS = [
  { id: 'U0OPERATOR', name: 'operator' },
  { id: 'U0ONCALL', name: 'on-call engineer' },
] as const;
/** Whom the page of the stand-in lets you be, too: somebody whose clicks must change nothing. */
export const STRANGER = { id: 'U0STRANGER', name: 'somebody else, no approver' } as const;
const OPERATOR_IDS = OPERATORS.map(({ id }) => id);
export const APPROVERS = { suggest: OPERATOR_IDS, gate: OPERATOR_IDS };
