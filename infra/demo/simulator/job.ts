import type { Features } from './feature-set.ts';
import type { Allocation } from './partition.ts';
import type { Arrival } from './workload.ts';

export interface Note {
  readonly decisionId: string;
  readonly text: string;
}

/** A job in the simulated cluster. Times are ms since the epoch. */
export interface SimulatedJob {
  readonly arrival: Arrival;
  readonly order: number;
  /** `starting`: its prolog runs; GPUs are taken, but it has not started. */
  state: 'pending' | 'starting' | 'running' | 'ended' | 'cancelled';
  queue: string;
  priority: number;
  held: boolean;
  /** As announced. */
  readonly submittedAt: number;
  /** When admission is over and the scheduler starts to consider it. */
  eligibleAt: number;
  notes: Note[];
  allocation: Allocation;
  /** When its GPUs were taken, and when it ends if its user's estimate is right. */
  takenAt: number | null;
  estimatedEnd: number | null;
  startedAt: number | null;
  endedAt: number | null;
  /** What was known about it when it was submitted. */
  features: Features;
}
