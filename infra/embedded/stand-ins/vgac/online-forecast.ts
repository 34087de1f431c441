import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { brierScore } from '../../../../functions/domain/calibration/brier.ts';
import { canonicalEce } from '../../../../functions/domain/calibration/ece.ts';
import { TimerQueue } from '../../clock/timer-queue.ts';
import type { TraceJob } from '../../feed/trace.ts';
import { FrequencyTable } from './frequency-table.ts';
import type { OwnCalibration } from './source.ts';

type Job = Pick<
  TraceJob,
  'submittedAt' | 'end' | 'waitSeconds' | 'gpus' | 'queue' | 'pLongWait' | 'predictedWaitSeconds'
>;

interface Forecast {
  readonly pLongWait: number;
  readonly waitSeconds: number;
}

/** What is going on in one queue, as far as it is known. */
interface QueueState {
  depth: number;
  /** Exponentially weighted share of long waits among the latest known labels. */
  recent: number;
}

const RECENT_WEIGHT = 0.15;
/** VGAC's statement of itself covers this many labels and is renewed every so many. */
const JUDGED = 1_000;
const RENEWED = 50;

/**
 * Forecasts every job of one cluster in order of submission. A row's own probability is served as it is; otherwise the
 * frequency of long waits among earlier jobs that met a queue like this one (depth, recent outcomes, size). Nothing is
 * used before it was known: a label counts from labelAt on, a wait from the start on.
 *
 * @param jobs of one cluster, by submit time (seconds)
 */
export function replayForecasts(
  jobs: readonly Job[],
  longWaitSeconds: number,
): { forecasts: readonly Forecast[]; calibrationAt: (seconds: number) => OwnCalibration } {
  const table = new FrequencyTable();
  const queues = new Map<string, QueueState>();
  const known = new TimerQueue<() => void>();
  const judged: { readonly at: number; readonly pair: Pair }[] = [];
  const forecasts = jobs.map((job) => {
    learnUntil(known, job.submittedAt);
    const queue = queues.get(job.queue ?? '') ?? { depth: 0, recent: 0.1 };
    queues.set(job.queue ?? '', queue);
    const cell = cellOf(queue, job.gpus);
    const guess = table.look(cell);
    const pLongWait = job.pLongWait ?? guess.frequency;
    queue.depth++;
    const left = job.submittedAt + job.waitSeconds;
    known.add(left, () => {
      queue.depth--;
      if (job.end === 'started') table.addWait(cell, job.waitSeconds);
    });
    const long = job.waitSeconds > longWaitSeconds;
    const labelAt = long ? job.submittedAt + longWaitSeconds : left;
    // Whoever left without a start before T has no label.
    if (long || job.end === 'started') {
      known.add(labelAt, () => {
        queue.recent += RECENT_WEIGHT * ((long ? 1 : 0) - queue.recent);
        table.addLabel(cell, long);
        judged.push({ at: labelAt, pair: { p: pLongWait, y: long ? 1 : 0 } });
      });
    }
    return { pLongWait, waitSeconds: job.predictedWaitSeconds ?? guess.waitSeconds };
  });
  learnUntil(known, Number.POSITIVE_INFINITY);
  return { forecasts, calibrationAt: ownCalibration(judged) };
}

function learnUntil(known: TimerQueue<() => void>, seconds: number): void {
  for (const learn of known.due(seconds)) learn();
}

/** Coarse on purpose: a cell must be met often before its frequency means anything. */
function cellOf({ depth, recent }: QueueState, gpus: number): { coarse: string; fine: string } {
  const bucket = (value: number, limits: readonly number[]) => limits.filter((limit) => value >= limit).length;
  const coarse = `${bucket(depth, [1, 3, 10, 30])}/${bucket(recent, [0.05, 0.3, 0.7])}`;
  return { coarse, fine: `${coarse}/${bucket(gpus, [2, 9])}` };
}

/** Calibration over the latest labels known at a time; renewed only every so many labels, as VGAC's is. */
function ownCalibration(judged: readonly { at: number; pair: Pair }[]): (seconds: number) => OwnCalibration {
  const renewals = new Map<number, OwnCalibration>();
  return (seconds) => {
    let low = 0;
    let high = judged.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((judged[middle]?.at ?? 0) <= seconds) low = middle + 1;
      else high = middle;
    }
    const count = low - (low % RENEWED);
    const found = renewals.get(count);
    if (found) return found;
    const pairs = judged.slice(Math.max(0, count - JUDGED), count).map(({ pair }) => pair);
    const newest = judged[count - 1];
    const own = {
      ece: canonicalEce(pairs) ?? 0,
      brierScore: brierScore(pairs) ?? 0,
      sampleCount: pairs.length,
      lastRecalibration: newest ? new Date(newest.at * 1_000).toISOString() : null,
      recalibrationNeeded: false,
    };
    renewals.set(count, own);
    return own;
  };
}
