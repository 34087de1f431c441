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
  /** `starting`: its prolog runs; GPUs are taken, it has not started. */
  state: 'pending' | 'starting' | 'running' | 'ended' | 'cancelled';
  queue: string;
  priority: number;
  held: boolean;
  /** As it was announced. */
  readonly submittedAt: number;
  /** Admission is over: the scheduler considers it from here on. */
  eligibleAt: number;
  notes: Note[];
  allocation: Allocation;
  /** When its GPUs were taken, and when it will be done if its user's estimate is right. */
  takenAt: number | null;
  estimatedEnd: number | null;
  startedAt: number | null;
  endedAt: number | null;
  /** What could be known about it when it was submitted. */
  features: Features;
}
