import type { Row } from '../import/row.ts';
import type { Recalibration } from '../recalibration.ts';

/**
 * Which probabilities are acted on: the built-in forecast's, from nothing but the events of the queue; the five experts' on the
 * file's own p; or, as deployed, the built-in forecast's with p as one more input for as long as p proves useful.
 */
export const FORECASTS = ['builtin', 'file', 'both'] as const;
export type ForecastName = (typeof FORECASTS)[number];

/** The forecast for one job. Reused for the next. */
export interface Said {
  /** Probability of a long wait; NaN without a forecast, which calls for nothing. */
  q: number;
  /** The expected wait; NaN if there is none. */
  waitSeconds: number;
  /** The model behind it: `both` if p had a part in the built-in forecast; null without a forecast. */
  by: ForecastName | null;
}

/** Serves the probabilities of one stream, and learns from the outcomes of its jobs. */
export interface Forecaster {
  /** Forecasts a job from what is known at its submission. */
  serve(row: Row, into: Said): void;
  /** The job served last is decided, and waits. @param touched an intervention changes its outcome */
  decided(row: Row, touched: boolean): void;
  /** The label of a job is folded. */
  label(entry: { readonly p: number | null; readonly touched: boolean }, longWait: boolean): void;
  /** What refits it; null if nothing does. */
  readonly recalibration: Recalibration | null;
  /** Jobs without events for so long that they count as gone. */
  readonly aged: number;
}
