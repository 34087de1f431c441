import * as z from 'zod';
import { arrayPart } from '../../../functions/domain/round.ts';
import { type Departure, labelRow } from './label.ts';
import { devicesIn } from './quantity.ts';
import { LEFT_OUT, type Reading, type Reads } from './reading.ts';
import { shown } from './refusal.ts';
import type { Row } from './row.ts';

/** Milliseconds, unless a tool has converted them; some tools write 0 for what has not happened. */
const Moment = z.union([z.number(), z.string()]).nullish();
type Moment = z.infer<typeof Moment>;
const Container = z.object({
  vcpus: z.number().nullish(),
  resourceRequirements: z.array(z.object({ type: z.string(), value: z.union([z.string(), z.number()]) })).nullish(),
});
const Requests = z.record(z.string(), z.union([z.string(), z.number()]));
const Pod = z.object({
  containers: z.array(z.object({ resources: z.object({ requests: Requests, limits: Requests }).partial().nullish() })),
});

/** What a history needs of an AWS Batch job as printed by `describe-jobs` and `list-jobs`. */
export const BatchJob = z.object({
  jobId: z.string(),
  jobQueue: z.string().catch('').default(''),
  status: z.string(),
  statusReason: z.string().nullish(),
  createdAt: z.union([z.number(), z.string()]),
  startedAt: Moment,
  stoppedAt: Moment,
  isCancelled: z.boolean().nullish(),
  isTerminated: z.boolean().nullish(),
  attempts: z.array(z.object({ startedAt: Moment })).nullish(),
  arrayProperties: z.object({ size: z.number().nullish(), index: z.number().nullish() }).nullish(),
  container: Container.nullish().catch(null),
  ecsProperties: z
    .object({ taskProperties: z.array(z.object({ containers: z.array(Container) })) })
    .nullish()
    .catch(null),
  eksProperties: z.object({ podProperties: Pod }).nullish().catch(null),
  nodeProperties: z
    .object({
      numNodes: z.number(),
      nodeRangeProperties: z.array(z.object({ targetNodes: z.string(), container: Container.nullish() })).nullish(),
    })
    .nullish()
    .catch(null),
});
type BatchJob = z.infer<typeof BatchJob>;

/** Reads the jobs of one file; remembers when its arrays were submitted, because their children are created one by one. */
export class BatchJobs {
  private readonly arrays = new Map<string, number>();
  private readonly reads: Reads;

  constructor(reads: Reads) {
    this.reads = reads;
  }

  read(job: BatchJob, row: Row): Reading {
    const { end, longWaitSeconds } = this.reads;
    if (job.jobId.includes('#')) return LEFT_OUT.node;
    const created = this.at(job.createdAt);
    if (Number.isNaN(created)) return `createdAt "${shown(String(job.createdAt))}" ${this.reads.times.fault}`;
    const stoppedAt = this.at(job.stoppedAt);
    const isParent = job.arrayProperties?.size != null && job.arrayProperties.index == null;
    const { jobId, part } = arrayPart(job.jobId);
    const told = [job.startedAt, ...(job.attempts ?? []).map(({ startedAt }) => startedAt)].map((at) => this.at(at));
    const starts = told.filter((at) => at >= created);
    const [early] = told.filter((at) => at < created);
    if (starts.length === 0 && early !== undefined)
      return `it starts ${toMs(created - early)} s before it was submitted`;
    for (const at of [created, ...starts, stoppedAt]) end.see(at);
    if (isParent && starts.length === 0) return LEFT_OUT.array;

    if ((part === 'task' || isParent) && !this.arrays.has(jobId)) this.arrays.set(jobId, created);
    row.submittedAt = this.arrays.get(jobId) ?? created;
    row.id.rename(job.jobId);
    row.queue = job.jobQueue.replace(/^arn:.*:job-queue\//, '');
    row.platform = 'aws_batch';
    row.clusterId = '';
    size(job, row);
    // The first of several attempts ended the wait.
    const start = starts.length === 0 ? Number.NaN : Math.min(...starts);
    row.waitSeconds = Math.max(0, toMs(start - row.submittedAt));
    row.runSeconds = stoppedAt >= start ? toMs(stoppedAt - start) : Number.NaN;
    const departure = departureOf(job);
    row.leftAt = row.started || departure === 'waiting' ? Number.NaN : stoppedAt;
    if (!row.started && departure !== 'waiting' && Number.isNaN(row.leftAt))
      return 'it never started, and stoppedAt is missing';
    labelRow(row, departure, longWaitSeconds, row.started || departure !== 'waiting' ? end.at : end.need());
    return null;
  }

  /** Seconds since the epoch; NaN if it has not happened, or the time is unknown. */
  private at(moment: Moment): number {
    const { times } = this.reads;
    if (typeof moment === 'string') return times.readText(moment);
    return times.ofNumber(moment || Number.NaN);
  }
}

/** Differences to the millisecond, without rounding noise. */
function toMs(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function departureOf({ status, isCancelled, isTerminated, statusReason }: BatchJob): Departure {
  if (status === 'SUCCEEDED' || status === 'RUNNING') return 'ran';
  if (status !== 'FAILED') return 'waiting';
  const byUser = isCancelled === true || isTerminated === true || /cancel|terminat/i.test(statusReason ?? '');
  return byUser ? 'cancelled' : 'ended';
}

function size({ container, ecsProperties, eksProperties, nodeProperties }: BatchJob, row: Row): void {
  const nodes = nodeProperties?.nodeRangeProperties?.map((range) => ({
    count: nodesIn(range.targetNodes, nodeProperties.numNodes),
    ...ofContainer(range.container ?? {}),
  }));
  const tasks = ecsProperties?.taskProperties.flatMap(({ containers }) => containers).map(ofContainer);
  const pods = eksProperties?.podProperties.containers.map(({ resources }) =>
    devicesIn({ ...resources?.limits, ...resources?.requests }),
  );
  const own = container ? [ofContainer(container)] : null;
  const parts: readonly Part[] | null = nodes ?? tasks ?? pods ?? own;
  const sum = (key: 'gpus' | 'procs'): number =>
    parts?.reduce((total, part) => total + (part.count ?? 1) * part[key], 0) ?? Number.NaN;
  row.gpus = sum('gpus');
  row.procs = sum('procs') || Number.NaN;
}

interface Part {
  readonly count?: number;
  readonly gpus: number;
  readonly procs: number;
}

/** The number of nodes in `0:3`, `4:` or `2`. */
function nodesIn(target: string, all: number): number {
  const [, from = '0', colon, to = ''] = /^(\d*)(:?)(\d*)$/.exec(target) ?? [];
  if (colon !== ':') return 1;
  return (to === '' ? all - 1 : Number(to)) - Number(from) + 1;
}

function ofContainer({ vcpus, resourceRequirements }: z.infer<typeof Container>): { gpus: number; procs: number } {
  const of = (type: string): number => {
    const found = resourceRequirements?.find((one) => one.type.toUpperCase() === type);
    return found === undefined ? 0 : Number(found.value) || 0;
  };
  return { gpus: of('GPU'), procs: of('VCPU') || (vcpus ?? 0) };
}
