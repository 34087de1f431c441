import { type PlattMap, plattMap } from '../calibration/platt.ts';
import { type Choice, choice } from './choice.ts';
import { INPUTS, OWN_INPUTS } from './inputs.ts';
import { type Logistic, logistic } from './logistic.ts';
import { type Moments, moments } from './moments.ts';
import { emptyQueue, type QueueState } from './queue.ts';
import { type WaitModel, waitModel } from './wait-model.ts';

/** A model of long waits, and the Platt map applied before serving. */
export interface Model {
  readonly logistic: Logistic;
  readonly platt: PlattMap;
}

/** What is learned, and what a refit replaces. */
export interface Learned {
  readonly moments: Moments;
  /** On the queue's own inputs only. */
  readonly queueOnly: Model;
  /** With VGAC's p as a further input. */
  readonly withVgac: Model;
  readonly wait: WaitModel;
}

/** Everything the built-in forecast of one cluster knows, except for its tables of shapes and queues. */
export interface ForecastState {
  readonly queue: QueueState;
  learned: Learned;
  readonly choice: Choice;
}

export function nothingLearned(): Learned {
  const model = (inputs: number): Model => ({ logistic: logistic(inputs), platt: plattMap() });
  return {
    moments: moments(),
    queueOnly: model(OWN_INPUTS),
    withVgac: model(INPUTS.length),
    wait: waitModel(OWN_INPUTS),
  };
}

/** The forecast of an unknown cluster. */
export function coldForecast(): ForecastState {
  return { queue: emptyQueue(), learned: nothingLearned(), choice: choice() };
}
