import type { SimulatedCluster } from '../../demo/simulator/cluster.ts';
import type { Twins } from '../../demo/simulator/twins.ts';
import type { Happening } from './plan.ts';

/** Below this nobody would notice. */
const NOTICEABLE_SECONDS = 60;

export function nodesLost({ clusterId, profile: { regime } }: SimulatedCluster): Happening {
  const nodes = Object.values(regime?.drained ?? {}).reduce((sum, count) => sum + count, 0);
  const what = `${clusterId} loses ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  const why = regime === null ? '' : `: ${regime.because}`;
  return { kind: 'nodesLost', clusterId, tone: 'warn', text: `${what}${why}; the predictor has never seen that` };
}

export function nodesBack({ clusterId }: SimulatedCluster): Happening {
  return {
    kind: 'nodesBack',
    clusterId,
    tone: 'warn',
    text: `${clusterId} has its nodes back, and starts are as before`,
  };
}

/** What came of a change to a job's queueing, when the job starts; null for a job that nobody touched, and for next to nothing. */
export function earlierStart(
  twins: Pick<Twins, 'earlier'>,
  { clusterId, actions }: Pick<SimulatedCluster, 'clusterId' | 'actions'>,
  jobId: string,
): Happening | null {
  const how = actions.changeOf(jobId);
  if (how === null) return null;
  const seconds = twins.earlier(jobId);
  if (seconds === null || seconds < NOTICEABLE_SECONDS) return null;
  const earlier = `starts ${inMinutes(seconds)} earlier than it would have`;
  return { kind: 'earlierStart', clusterId, jobId, tone: 'good', text: `${jobId} in ${clusterId}, ${how}, ${earlier}` };
}

/** Whole minutes, in words. */
export function inMinutes(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `${minutes.toLocaleString('en')} ${minutes === 1 ? 'minute' : 'minutes'}`;
}
