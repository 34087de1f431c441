import type { Forecast } from '../forecast/forecast.ts';

/** One ledger line as a replayed forecast needs it. `round` identifies the lines of one round. */
export type Fact = Submitted | Started | Labelled;

/** A round was submitted and forecast from these inputs. Seconds since the epoch. */
export interface Submitted {
  readonly kind: 'submitted';
  readonly round: number | string;
  readonly submittedAt: number;
  readonly inputs: Float64Array;
}

/** An untouched round has started. */
export interface Started {
  readonly kind: 'started';
  readonly round: number | string;
  readonly waitSeconds: number;
  /** Inputs at its decision. */
  readonly z: Float64Array;
}

/** A label that teaches. */
export interface Labelled {
  readonly kind: 'labelled';
  readonly round: number | string;
  readonly submittedAt: number;
  readonly y: 0 | 1;
  /** What was served at its decision, and whether it used VGAC's p; null if nothing was served. */
  readonly q: number | null;
  readonly withVgac: boolean;
  /** What was known at its decision. */
  readonly taught: Pick<Forecast, 'z' | 'bWithoutVgac' | 'bWithVgac'>;
}
