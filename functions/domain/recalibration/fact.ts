import type { Forecast } from '../forecast/forecast.ts';

/** One line of the ledger, as a forecast that is played through it needs it. `round` names what the lines of one round share. */
export type Fact = Submitted | Started | Labelled;

/** A round was submitted, and forecast from these inputs. Seconds since the epoch. */
export interface Submitted {
  readonly kind: 'submitted';
  readonly round: number | string;
  readonly submittedAt: number;
  readonly inputs: Float64Array;
}

/** A round has started that nobody had touched. */
export interface Started {
  readonly kind: 'started';
  readonly round: number | string;
  readonly waitSeconds: number;
  /** Of its decision. */
  readonly z: Float64Array;
}

/** The label of a round that teaches. */
export interface Labelled {
  readonly kind: 'labelled';
  readonly round: number | string;
  readonly submittedAt: number;
  readonly y: 0 | 1;
  /** What was served at its decision, and whether it was that with VGAC's p; null where nothing was. */
  readonly q: number | null;
  readonly withVgac: boolean;
  /** What was known of it at its decision. */
  readonly taught: Pick<Forecast, 'z' | 'bAlone' | 'bWithVgac'>;
}
