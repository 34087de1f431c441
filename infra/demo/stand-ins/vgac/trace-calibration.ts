import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { brierScore } from '../../../../functions/domain/calibration/brier.ts';
import { canonicalEce } from '../../../../functions/domain/calibration/ece.ts';
import type { TraceJob } from '../../feed/trace.ts';
import type { OwnCalibration } from './source.ts';

type Job = Pick<TraceJob, 'submittedAt' | 'end' | 'waitSeconds' | 'pLongWait'>;

/** VGAC's statement about itself covers the latest JUDGED labels and is renewed every RENEWED labels. */
const JUDGED = 1_000;
const RENEWED = 50;

/**
 * What VGAC would say about its own probabilities at a time (seconds): over the latest labels known by then, renewed
 * only now and then.
 */
export function ownCalibration(jobs: readonly Job[], longWaitSeconds: number): (seconds: number) => OwnCalibration {
  const judged = labelsOf(jobs, longWaitSeconds);
  const renewals = new Map<number, OwnCalibration>();
  return (seconds) => {
    const known = judged.findLastIndex(({ at }) => at <= seconds) + 1;
    const count = known - (known % RENEWED);
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

/** Labels by the time they are known. A job that left without a start before T has none. */
function labelsOf(jobs: readonly Job[], longWaitSeconds: number): { readonly at: number; readonly pair: Pair }[] {
  const labels = jobs.flatMap(({ submittedAt, end, waitSeconds, pLongWait: p }) => {
    const long = waitSeconds > longWaitSeconds;
    if (p === null || !(long || end === 'started')) return [];
    return [{ at: submittedAt + Math.min(waitSeconds, longWaitSeconds), pair: { p, y: long ? 1 : 0 } as const }];
  });
  return labels.sort((one, other) => one.at - other.at);
}
