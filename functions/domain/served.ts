import type { ServedPrediction } from '../../schemas/decision.ts';
import type { JobSubmitted } from '../../schemas/events/collector.ts';
import type { RoundForecast } from '../../schemas/items/job.ts';
import type { VgacPrediction } from '../../schemas/ports/vgac.ts';
import { boundsAround } from './calibration/intervals.ts';
import type { CalibrationState } from './calibration/state.ts';
import { packed } from './forecast/codec.ts';
import { type Forecast, forecast } from './forecast/forecast.ts';
import type { Asked } from './forecast/queue.ts';
import type { ForecastState } from './forecast/state.ts';
import type { Tables } from './forecast/tables.ts';
import { secondsOf } from './round.ts';

/** VGAC's part in one job: its answer, that it did not answer, or that there is no VGAC. */
export type VgacSaid = VgacPrediction | 'silent' | 'notAsked';

/** The built-in forecast as a decision finds it, with the rows for the job's shape and queue. */
export interface Standing {
  readonly state: ForecastState;
  readonly tables: Tables;
}

/** What is served for one job, and what its row keeps of it for the ledger; null when nothing was forecast. */
export interface Served {
  readonly prediction: ServedPrediction;
  readonly forecast: RoundForecast | null;
}

/** A job in the terms of the forecast. On a platform without queues, namespaces take their place. */
export function askedBy({ request, queue, namespace }: Pick<JobSubmitted, 'request' | 'queue' | 'namespace'>): Asked {
  return { gpus: request.gpus, procs: request.cpuMillis / 1_000, queue: queue ?? namespace ?? '' };
}

type Job = Pick<JobSubmitted, 'request' | 'queue' | 'namespace' | 'submittedAt'>;

/**
 * What may be shown and acted on (CALIBRATION.md section 3): the queue's own forecast, with VGAC's probability as an input once
 * that has proven to help, and bounds on the wait. Unless both states are readable, nothing is served and q is null.
 *
 * When VGAC does not answer, the queue's own q is served, as on a cluster without VGAC: it uses nothing of VGAC's.
 */
export function serve(state: CalibrationState | null, standing: Standing | null, job: Job, said: VgacSaid): Served {
  const answer = typeof said === 'string' ? null : said;
  const p = answer?.pLongWait ?? null;
  const common = { p, confidence: answer?.confidence ?? null };
  const asked = askedBy(job);
  const made =
    state === null || standing === null
      ? null
      : forecast(standing.state, standing.tables, asked, { at: secondsOf(job.submittedAt), p });
  // A model that has produced a NaN serves nothing either.
  if (state === null || made === null || !(Number.isFinite(made.q) && Number.isFinite(made.waitSeconds))) {
    const waitSeconds = answer?.waitSeconds ?? 0;
    const bounds = { lowerSeconds: 0, upperSeconds: waitSeconds, upper90Seconds: waitSeconds };
    return { prediction: { ...common, q: null, waitSeconds, ...bounds }, forecast: null };
  }
  const { q, waitSeconds } = made;
  const models = {
    servedBy: made.withVgac ? ('queueAndVgac' as const) : ('queue' as const),
    qWithoutVgac: made.qWithoutVgac,
    qWithVgac: numberOr(made.qWithVgac),
    vgac: typeof said === 'string' ? said : p === null ? ('noProbability' as const) : ('answered' as const),
    vgacWaitSeconds: answer?.waitSeconds ?? null,
  };
  return {
    prediction: { ...common, q, waitSeconds, ...boundsAround(state, waitSeconds), models },
    forecast: kept(asked, made),
  };
}

function kept(asked: Asked, { inputs, z, bWithoutVgac, qWithoutVgac, bWithVgac, qWithVgac }: Forecast): RoundForecast {
  const withVgac = { bWithVgac: numberOr(bWithVgac), qWithVgac: numberOr(qWithVgac) };
  return { ...asked, inputs: packed(inputs), z: packed(z), bWithoutVgac, qWithoutVgac, ...withVgac };
}

function numberOr(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
