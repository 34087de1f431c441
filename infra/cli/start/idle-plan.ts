import type { PredictionSource } from '../../demo/stand-ins/vgac/source.ts';
import { realClock } from '../../runtime/clock/clock.ts';
import type { Plan } from './plan.ts';

/** Knows no job: where nothing is fed, only a real VGAC can predict. */
const nothingKnown: PredictionSource = {
  predict: () => null,
  state: () => null,
  calibration: () => null,
};

/** Feeds nothing: the system waits on the real clock for events that come to its endpoint. */
export function idlePlan(): Plan {
  return {
    description: 'Waiting for events on the local endpoint',
    clock: realClock(),
    clockKind: 'real',
    pause: () => undefined,
    configuration: () => [],
    predictions: nothingKnown,
    schedulers: new Map(),
    keepsTables: true,
    start() {
      const { promise, resolve } = Promise.withResolvers<void>();
      return { done: promise, stop: resolve, progress: () => null };
    },
  };
}
