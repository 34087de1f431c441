import type { Row } from '../import/row.ts';
import type { Recalibration } from '../recalibration.ts';

/**
 * Which probabilities are acted on: the built-in forecast's, from the events of the queue alone; the five experts' on the file's own p;
 * or, as deployed, the built-in forecast's with p as one more input where and as long as p earns its place.
 */
export const FORECASTS = ['builtin', 'file', 'both'] as const;
export type ForecastName = (typeof FORECASTS)[number];

/** What is said of one job. Filled again for each. */
export interface Said {
  /** Probability of a long wait; NaN where nothing is said, which calls for nothing. */
  q: number;
  /** The wait to be expected; NaN where none is. */
  waitSeconds: number;
  /** Whose it is: `both` where p had a part in the built-in forecast's; null where nothing is said. */
  by: ForecastName | null;
}

/** What serves the probabilities of one stream, and learns from what becomes of its jobs. */
export interface Forecaster {
  /** Forecasts a job from what is known when it is submitted. */
  serve(row: Row, into: Said): void;
  /** The job that was served last is decided, and waits. @param touched an intervention changes what becomes of it */
  decided(row: Row, touched: boolean): void;
  /** The label of a job is folded. */
  label(entry: { readonly p: number | null; readonly touched: boolean }, longWait: boolean): void;
  /** What refits it; null where nothing does. */
  readonly recalibration: Recalibration | null;
  /** Jobs of which nothing was heard for so long that they count as gone. */
  readonly aged: number;
}
