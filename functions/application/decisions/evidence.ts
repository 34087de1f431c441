import type { ClusterConfig } from '../../../schemas/config.ts';
import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import type { AskPlaces } from '../../domain/asking.ts';
import { deserialise, UnreadableState } from '../../domain/calibration/codec.ts';
import type { Purse } from '../../domain/calibration/purse.ts';
import type { CalibrationState } from '../../domain/calibration/state.ts';
import { coldForecast } from '../../domain/forecast/state.ts';
import { emptyTables } from '../../domain/forecast/tables.ts';
import { purseOf, TIER_INDEXES, tierOf } from '../../domain/reservations.ts';
import type { Standing } from '../../domain/served.ts';
import { tierRulesOf } from '../../domain/tier-numbers.ts';
import type { DecisionStore, StoredEvidence } from './ports.ts';

/** What a decision is based on, from one read. */
export interface Evidence {
  config: ClusterConfig;
  row: JobItem | null;
  /** Null when missing or unreadable: the job is then predicted and escalated. */
  state: CalibrationState | null;
  /** The built-in forecast; null when unreadable. */
  standing: Standing | null;
  purse: Purse;
  /** Per tier, lowest first: the demand, and the open calls of other jobs. */
  demand: readonly number[];
  open: readonly number[];
  places: AskPlaces;
}

/**
 * Reads configuration, row, calibration, forecast and questions together. This may happen before VGAC is asked: the conditions on
 * the reservation and the record guard what must not change in the meantime.
 */
export async function readEvidence(store: Pick<DecisionStore, 'readEvidence'>, job: Job): Promise<Evidence> {
  const { config, row, calibration, forecast, places } = await store.readEvidence(job);
  return { config, row, places, ...calibrationOf(calibration, config), standing: standingOf(forecast) };
}

type Calibration = Pick<Evidence, 'state' | 'purse' | 'demand' | 'open'>;

const NOTHING: Calibration = {
  state: null,
  purse: { reserved: new Float64Array(4), caps: new Float64Array(4) },
  demand: [0, 0, 0, 0],
  open: [0, 0, 0, 0],
};

function calibrationOf(item: StoredEvidence['calibration'], config: ClusterConfig): Calibration {
  const state = item === null || item === 'unreadable' ? null : readable(item);
  if (item === null || item === 'unreadable' || state === null) return NOTHING;
  const tiers = TIER_INDEXES.map((tier) => tierOf(item, tier));
  return {
    state,
    purse: purseOf(item, state, tierRulesOf(config.tiers)),
    demand: tiers.map(({ demand }) => demand),
    open: tiers.map(({ open }) => open.size),
  };
}

/** Null when the bytes are not a valid state: then nothing acts. */
export function readable({ state }: Pick<CalibrationItem, 'state'>): CalibrationState | null {
  try {
    return deserialise(state);
  } catch (error) {
    if (!(error instanceof UnreadableState)) throw error;
    return null;
  }
}

/** A cluster without a stored forecast gets an empty one. */
function standingOf(forecast: StoredEvidence['forecast']): Standing | null {
  if (forecast === 'unreadable') return null;
  return forecast ?? { state: coldForecast(), tables: emptyTables() };
}
