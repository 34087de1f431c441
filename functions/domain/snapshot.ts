import type * as z from 'zod';
import type { QueueSnapshotEvent } from '../../schemas/events/collector.ts';
import type { Snapshot } from './forecast/queue.ts';
import { canonicalInstant } from './round.ts';

/** A collector's reading of a whole queue at one time. */
export interface QueueSnapshot extends Snapshot {
  readonly clusterId: string;
  /** ISO 8601. */
  readonly at: string;
}

export function snapshotOf({ detail }: z.infer<typeof QueueSnapshotEvent>): QueueSnapshot {
  const { clusterId, observedAt, pendingJobs: pending, runningJobs: running, pendingGpus } = detail;
  return { clusterId, at: canonicalInstant(observedAt), pending, running, pendingGpus: pendingGpus ?? null };
}
