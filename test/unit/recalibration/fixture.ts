import {
  loadCalibration,
  loadOrCreateCalibration,
  saveFold,
  saveMarked,
} from '../../../functions/adapters/calibration-store.ts';
import { changeEpoch } from '../../../functions/adapters/epochs.ts';
import { nextBatch, rebuild } from '../../../functions/adapters/fold.ts';
import { putBatch } from '../../../functions/adapters/ledger-store.ts';
import { saveMap } from '../../../functions/adapters/map-store.ts';
import { fitMap, promoteMap } from '../../../functions/adapters/recalibrate.ts';
import type { Table } from '../../../functions/adapters/table.ts';
import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import { serve } from '../../../functions/domain/calibration/serve.ts';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { applyBatch } from '../../../functions/domain/fold-batch.ts';
import type { EpochChange, LedgerEntry } from '../../../schemas/items/ledger.ts';
import { entryOf } from '../domain/builders.ts';
import { jobs } from '../domain/recalibration/simulated.ts';
import { calibrationOf, configOf, moment } from '../outcomes/fixture.ts';

/** A model that is wrong in a way that a line cannot mend: what it says of the lowest and of the middle is far off. */
export const BENT = (p: number): number => (p < 0.05 ? 0.02 : p < 0.15 ? 0.05 : 0.9);
export const TRUE = (p: number): number => p;

export const NOW = moment(0);

/** Folds labels of simulated jobs, each served at its turn by the state of then, in batches of 100 as the monitor would. */
export async function fold(
  table: Table,
  clusterId: string,
  count: number,
  truth: (p: number) => number,
  seed = 1,
): Promise<void> {
  const config = configOf(clusterId);
  await loadOrCreateCalibration(table, config, NOW);
  const rows = jobs(count, seed, truth);
  for (let from = 0; from < count; from += 100) {
    const item = await calibrationOf(table, clusterId);
    const state = deserialise(item.state);
    const entries = rows.slice(from, from + 100).map((row, i): LedgerEntry => {
      const { q } = serve(state, { p: row.p, waitSeconds: 0 });
      const start = 2_000_000 * seed;
      const times = { submittedAt: start + row.submittedAt, labelAt: start + row.labelAt };
      return entryOf({
        ...row,
        ...times,
        jobId: `job-${seed}-${from + i}`,
        q,
        epoch: state.epoch,
        predictedWaitSeconds: null,
      });
    });
    const batch = await putBatch(table, clusterId, { ...nextBatch(item, config, NOW), entries });
    // These jobs have no rows that would have to be marked, and have reserved nothing.
    await saveFold(table, clusterId, item.version, applyBatch(item.state, batch), { entries: [] });
    await saveMarked(table, clusterId, batch.version);
  }
}

export async function stateOf(table: Table, clusterId: string): Promise<CalibrationState> {
  return deserialise((await calibrationOf(table, clusterId)).state);
}

/** The ledger alone gives the stored bytes. */
export async function isRebuilt(table: Table, clusterId: string): Promise<boolean> {
  const item = await loadCalibration(table, clusterId);
  const rebuilt = await rebuild(table, clusterId);
  return rebuilt?.version === item?.version && Buffer.from(rebuilt?.state ?? []).equals(Buffer.from(item?.state ?? []));
}

/** Puts a map among the experts that was proven better, as the machine would. */
export async function promoted(table: Table, clusterId: string, labels = 600): Promise<void> {
  await fold(table, clusterId, labels, BENT);
  const { epoch, version, afterLabels } = await fitMap(table, clusterId);
  const change = await promoteMap(table, { clusterId, epoch, version, afterLabels, by: 'run-1' }, NOW);
  if (!change) throw new Error('nothing was promoted');
}

/** Puts a map in the place of a good one that tells jobs apart no more, and lets it meet 100 labels. */
export async function wronglyPromoted(table: Table, clusterId: string): Promise<void> {
  await promoted(table, clusterId);
  const knots: EpochChange['knots'] = [
    [0, 0.2],
    [1, 0.2],
  ];
  const by = 'a human in a hurry';
  await changeEpoch(table, configOf(clusterId), { epoch: 2, cause: 'promoted', by, knots }, NOW);
  const kept = { knots, by, proof: null, reason: 'by hand', at: NOW.toISOString(), version: 7, after_labels: 0 };
  await saveMap(table, clusterId, { epoch: 2, status: 'promoted', ...kept });
  await fold(table, clusterId, 100, BENT, 12);
}
