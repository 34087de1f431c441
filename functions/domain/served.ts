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

/** What VGAC came to say of one job: its answer, that it did not answer, or that there is none to ask. */
export type VgacSaid = VgacPrediction | 'silent' | 'notAsked';

/** The built-in forecast as a decision finds it, with the rows that the job is about. */
export interface Standing {
  readonly state: ForecastState;
  readonly tables: Tables;
}

/** What is served for one job, and what of that its row keeps for the ledger; null where nothing was forecast. */
export interface Served {
  readonly prediction: ServedPrediction;
  readonly forecast: RoundForecast | null;
}

/** A job in the terms of the forecast. Where a platform knows no queues, its namespaces are the queues. */
export function askedBy({ request, queue, namespace }: Pick<JobSubmitted, 'request' | 'queue' | 'namespace'>): Asked {
  return { gpus: request.gpus, procs: request.cpuMillis / 1_000, queue: queue ?? namespace ?? '' };
}

type Job = Pick<JobSubmitted, 'request' | 'queue' | 'namespace' | 'submittedAt'>;

/**
 * What may be shown and acted on (CALIBRATION.md section 3): the forecast of the queue's own state, with VGAC's probability in it as
 * long as that has shown that it helps, and bounds on the wait. Without a readable state of both nothing is served, and q is null.
 *
 * Where VGAC is asked and does not answer, the queue's own q serves, as it does where there is no VGAC: nothing in it is VGAC's.
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
  // Of a model that has come to what is no number nothing is served either.
  if (state === null || made === null || !(Number.isFinite(made.q) && Number.isFinite(made.waitSeconds))) {
    const waitSeconds = answer?.waitSeconds ?? 0;
    const bounds = { lowerSeconds: 0, upperSeconds: waitSeconds, upper90Seconds: waitSeconds };
    return { prediction: { ...common, q: null, waitSeconds, ...bounds }, forecast: null };
  }
  const { q, waitSeconds } = made;
  const models = {
    servedBy: made.withVgac ? ('queueAndVgac' as const) : ('queue' as const),
    qAlone: made.qAlone,
    qWithVgac: numberOr(made.qWithVgac),
    vgac: typeof said === 'string' ? said : p === null ? ('noProbability' as const) : ('answered' as const),
    vgacWaitSeconds: answer?.waitSeconds ?? null,
  };
  return {
    prediction: { ...common, q, waitSeconds, ...boundsAround(state, waitSeconds), models },
    forecast: kept(asked, made),
  };
}

function kept(asked: Asked, { inputs, z, bAlone, qAlone, bWithVgac, qWithVgac }: Forecast): RoundForecast {
  const withVgac = { bWithVgac: numberOr(bWithVgac), qWithVgac: numberOr(qWithVgac) };
  return { ...asked, inputs: packed(inputs), z: packed(z), bAlone, qAlone, ...withVgac };
}

function numberOr(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
