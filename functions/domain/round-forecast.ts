import type { JobItem, RoundForecast } from '../../schemas/items/job.ts';
import { UnreadableState } from './calibration/octets.ts';
import { inputsIn, standardisedIn } from './forecast/apply.ts';
import { packed } from './forecast/codec.ts';
import { INPUTS } from './forecast/inputs.ts';
import { askedBy } from './served.ts';

type Row = Pick<JobItem, 'forecast' | 'decision' | 'closed_at' | 'request' | 'queue' | 'namespace'>;

/** What the ledger says of a counted round: what it requests, and the inputs of its decision. */
type Counted = Pick<RoundForecast, 'gpus' | 'procs' | 'queue' | 'inputs' | 'z'>;

/**
 * The forecast kept on a row if it is complete, else null. NaNs or missing numbers would stop the fold for good once they were
 * in the ledger.
 */
export function forecastOf({ forecast }: Pick<Row, 'forecast'>): RoundForecast | null {
  if (forecast === undefined) return null;
  try {
    const isWhole = inputsIn(forecast.inputs).every(isKnown) && standardisedIn(forecast.z).every(Number.isFinite);
    return isWhole ? forecast : null;
  } catch (error) {
    if (error instanceof UnreadableState) return null;
    throw error;
  }
}

/** An unknown input is NaN. */
function isKnown(input: number): boolean {
  return Number.isFinite(input) || Number.isNaN(input);
}

/**
 * How a round is counted; null for one that is not counted, or not yet. A round that was served nothing is still pending in the
 * queue: it is counted without inputs, which teaches no model. So is one that was closed before it was decided.
 */
export function countedAs(row: Row): Counted | null {
  const whole = forecastOf(row);
  if (whole !== null) return whole;
  const { forecast, decision, closed_at, request, queue, namespace } = row;
  const isServed = decision === undefined ? closed_at === undefined : decision.prediction.q !== null;
  if (request === undefined || (forecast === undefined && isServed)) return null;
  return { ...askedBy({ request, queue, namespace }), inputs: UNKNOWN_INPUTS, z: UNKNOWN_Z };
}

const unknown = (length: number) => packed(new Float64Array(length).fill(Number.NaN));
const UNKNOWN_INPUTS = unknown(INPUTS.length);
const UNKNOWN_Z = unknown(INPUTS.length + 1);
