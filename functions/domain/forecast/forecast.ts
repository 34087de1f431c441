import { heldLogit } from '../calibration/normal.ts';
import { refit, throughPlatt } from '../calibration/platt.ts';
import { compare } from './choice.ts';
import { INPUTS, OWN_INPUTS, takeInputs } from './inputs.ts';
import { learn, predictedBy } from './logistic.ts';
import { countInputs, standardise } from './moments.ts';
import { FORECAST } from './numbers.ts';
import { type Asked, ended, labelled, left, started, submitted } from './queue.ts';
import type { ForecastState, Learned, Model } from './state.ts';
import type { Tables } from './tables.ts';
import { expectedWait, learnWait } from './wait-model.ts';

/** The forecast of one job, with the inputs that will teach it later. Reused from job to job during a replay. */
export interface Forecast {
  /** The inputs before the job was counted; NaN if VGAC gave no p. */
  readonly inputs: Float64Array;
  /** The same inputs standardised, after a leading 1. */
  readonly z: Float64Array;
  /** Probabilities from the models, and after their Platt maps; those with p are NaN if there is none. */
  bWithoutVgac: number;
  bWithVgac: number;
  qWithoutVgac: number;
  qWithVgac: number;
  /** The served probability, and whether it is the one with p. */
  q: number;
  withVgac: boolean;
  /** The expected wait, in seconds. */
  waitSeconds: number;
}

export function emptyForecast(): Forecast {
  return {
    inputs: new Float64Array(INPUTS.length).fill(0.5),
    z: new Float64Array(INPUTS.length + 1).fill(0.5),
    bWithoutVgac: 0.5,
    bWithVgac: 0.5,
    qWithoutVgac: 0.5,
    qWithVgac: 0.5,
    q: 0.5,
    withVgac: false,
    waitSeconds: 0.5,
  };
}

/** One submission to forecast: when, in seconds since the epoch, and VGAC's p; null if it gave none. */
export interface Submission {
  readonly at: number;
  readonly p: number | null;
}

/** Forecasts one job from what was known before it, without changing anything. */
export function forecast(
  { queue, learned, choice }: ForecastState,
  tables: Tables,
  job: Asked,
  submission: Submission,
  into: Forecast = emptyForecast(),
): Forecast {
  takeInputs(queue, tables, job, submission, into.inputs);
  predict(learned, into);
  const withVgac = choice.withVgac && !Number.isNaN(into.qWithVgac);
  into.withVgac = withVgac;
  into.q = withVgac ? into.qWithVgac : into.qWithoutVgac;
  return into;
}

/** Applies these models to inputs that are already computed. */
export function predict({ moments, queueOnly, withVgac, wait }: Learned, into: Forecast): void {
  const { inputs, z } = into;
  standardise(moments, inputs, z);
  into.bWithoutVgac = predictedBy(queueOnly.logistic, z);
  into.qWithoutVgac = served(queueOnly, into.bWithoutVgac);
  const hasP = !Number.isNaN(inputs[OWN_INPUTS] ?? Number.NaN);
  into.bWithVgac = hasP ? predictedBy(withVgac.logistic, z) : Number.NaN;
  into.qWithVgac = hasP ? served(withVgac, into.bWithVgac) : Number.NaN;
  into.waitSeconds = expectedWait(wait, z);
}

function served({ platt }: Model, b: number): number {
  return throughPlatt(platt, heldLogit(b));
}

/** Counts a submitted and forecast job, and updates the input moments with it. */
export function countSubmitted(
  { queue, learned }: ForecastState,
  tables: Tables,
  job: Asked,
  { at, inputs }: { at: number; inputs: Float64Array },
): void {
  countInputs(learned.moments, inputs);
  submitted(queue, tables, job, at);
}

/** A counted job has started. @param z inputs at its decision */
export function countStarted(
  { queue, learned }: ForecastState,
  tables: Tables,
  job: Asked,
  { waitSeconds, z, touched }: { waitSeconds: number; z: Float64Array; touched: boolean },
): void {
  started(queue, tables, job, waitSeconds);
  if (!touched) learnWait(learned.wait, learned.queueOnly.logistic, z, waitSeconds);
}

export { ended as countEnded, left as countLeft };

/** What is known of a decision once its label is known. */
export type Taught = Pick<Forecast, 'z' | 'bWithoutVgac' | 'bWithVgac' | 'qWithoutVgac' | 'qWithVgac'>;

/**
 * Teaches the models, and the choice between them, the label of a counted job.
 * @param longWaitSeconds T
 */
export function countLabelled(
  { queue, learned, choice }: ForecastState,
  tables: Tables,
  job: Asked,
  { y, submittedAt, taught }: { y: 0 | 1; submittedAt: number; taught: Taught },
  longWaitSeconds: number,
): void {
  labelled(queue, tables, job, y);
  learnLabel(learned, taught, y);
  const { qWithoutVgac, qWithVgac } = taught;
  if (Number.isNaN(qWithVgac)) return;
  compare(choice, { withoutVgac: qWithoutVgac, withVgac: qWithVgac, y, submittedAt }, longWaitSeconds);
}

/** Teaches only the models. */
export function learnLabel(
  { queueOnly, withVgac }: Learned,
  { z, bWithoutVgac, bWithVgac }: Pick<Taught, 'z' | 'bWithoutVgac' | 'bWithVgac'>,
  y: 0 | 1,
): void {
  learn(queueOnly.logistic, z, y);
  refit(queueOnly.platt, FORECAST.platt.forgetting, heldLogit(bWithoutVgac), y);
  if (Number.isNaN(bWithVgac)) return;
  learn(withVgac.logistic, z, y);
  refit(withVgac.platt, FORECAST.platt.forgetting, heldLogit(bWithVgac), y);
}
