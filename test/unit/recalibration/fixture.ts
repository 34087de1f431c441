import {
  loadCalibration,
  loadOrCreateCalibration,
  saveFold,
  saveMarked,
} from '../../../functions/adapters/tables/calibration.ts';
import { foldStore } from '../../../functions/adapters/tables/fold-store.ts';
import { loadForecast } from '../../../functions/adapters/tables/forecast.ts';
import { putBatch } from '../../../functions/adapters/tables/ledger.ts';
import { ledgerReader } from '../../../functions/adapters/tables/mend-store.ts';
import { epochStore, promoteRefitStore } from '../../../functions/adapters/tables/recalibration-stores.ts';
import { saveRefit } from '../../../functions/adapters/tables/refits.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { moveForecast } from '../../../functions/application/outcomes/move-forecast.ts';
import { rebuild } from '../../../functions/application/outcomes/rebuild.ts';
import { changeEpoch } from '../../../functions/application/recalibration/change-epoch.ts';
import { promoteRefit } from '../../../functions/application/recalibration/promote-refit.ts';
import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { applyBatch } from '../../../functions/domain/fold-batch.ts';
import { deserialiseForecast, packed } from '../../../functions/domain/forecast/codec.ts';
import { type Learned, nothingLearned } from '../../../functions/domain/forecast/state.ts';
import type { LedgerLine } from '../../../functions/domain/ledger-lines.ts';
import { nextBatch } from '../../../functions/domain/next-batch.ts';
import type { Fact } from '../../../functions/domain/recalibration/fact.ts';
import type { EpochChange } from '../../../schemas/items/ledger.ts';
import { calibrationOf, configOf, moment } from '../application/outcomes/fixture.ts';
import { entryOf } from '../domain/builders.ts';
import { Cluster, REGIMES } from '../domain/recalibration/history.ts';

/** What is served of what the forecast says: that, or the half of whatever it is. */
type Serve = (q: number) => number;
export const RIGHT: Serve = (q) => q;
export const WRONG: Serve = (q) => 0.5 * q;

export const NOW = moment(0);
const ASKED = { gpus: 1, procs: 1, queue: 'batch' };

/** One cluster for each table's, so that its history goes on where it was folded up to. */
const clusters = new Map<string, Cluster>();

/** Folds the lines of simulated jobs, in batches of a hundred rounds as the monitor would; the last five have no label yet. */
export async function fold(table: Table, clusterId: string, rounds: number, serve: Serve = RIGHT): Promise<void> {
  await loadOrCreateCalibration(table, configOf(clusterId), NOW);
  const cluster = clusters.get(clusterId) ?? new Cluster({ seed: 1, truth: REGIMES.one });
  clusters.set(clusterId, cluster);
  for (let from = 0; from < rounds; from += 100) {
    const place = cluster.facts.length;
    cluster.learned = await learnedOf(table, clusterId);
    cluster.submit(Math.min(100, rounds - from));
    await append(
      table,
      clusterId,
      cluster.since(place).map((fact) => lineOf(fact, serve)),
    );
  }
}

/** Appends a batch to the ledger, and moves the states to it, as the fold does. */
export async function append(
  table: Table,
  clusterId: string,
  entries: LedgerLine[],
  change?: EpochChange,
): Promise<void> {
  const item = await calibrationOf(table, clusterId);
  const batch = await putBatch(table, clusterId, {
    ...nextBatch(item, configOf(clusterId), NOW),
    entries,
    ...(change && { change }),
  });
  await moveForecast(foldStore(table), clusterId, batch);
  // These jobs have no rows that would have to be marked, and have reserved nothing.
  await saveFold(table, clusterId, item.version, applyBatch(item.state, batch), { entries: [] });
  await saveMarked(table, clusterId, batch.version);
}

function lineOf(fact: Fact, serve: Serve): LedgerLine {
  const jobId = `job-${fact.round}`;
  const submittedAt = START + 60 * Number(fact.round);
  if (fact.kind === 'submitted') {
    return { kind: 'submitted', jobId, submittedAt, ...ASKED, inputs: packed(fact.inputs) };
  }
  if (fact.kind === 'started') {
    const { waitSeconds, z } = fact;
    return { kind: 'started', jobId, submittedAt, ...ASKED, waitSeconds, z: packed(z), touched: false };
  }
  const { y, q, taught } = fact;
  const said = { bAlone: taught.bAlone, bWithVgac: null, qAlone: q ?? 0.5, qWithVgac: null };
  return entryOf({
    ...{ jobId, submittedAt, labelAt: submittedAt + (y === 1 ? 300 : 100), longWait: y === 1 },
    ...{ p: null, q: serve(q ?? 0.5), predictedWaitSeconds: null, waitSeconds: null },
    forecast: { ...ASKED, ...said, z: packed(taught.z) },
  });
}

const START = 2_000_000;

export async function stateOf(table: Table, clusterId: string): Promise<CalibrationState> {
  return deserialise((await calibrationOf(table, clusterId)).state);
}

/** What the built-in forecast has learned by now. */
export async function learnedOf(table: Table, clusterId: string): Promise<Learned> {
  const item = await loadForecast(table, clusterId);
  return item === null ? nothingLearned() : deserialiseForecast(item.state).learned;
}

/** The ledger alone gives the stored bytes, of the forecast too. */
export async function isRebuilt(table: Table, clusterId: string): Promise<boolean> {
  const [item, forecast] = await Promise.all([loadCalibration(table, clusterId), loadForecast(table, clusterId)]);
  const rebuilt = await rebuild(ledgerReader(table), clusterId);
  const same = (one: Uint8Array = new Uint8Array(0), other: Uint8Array = new Uint8Array(0)) =>
    Buffer.from(one).equals(other);
  return (
    rebuilt?.version === item?.version &&
    same(rebuilt?.state, item?.state) &&
    (forecast === null || same(rebuilt?.forecast.state, forecast.state))
  );
}

/** Puts a refit in force that was proven better, as the machine would. */
export async function promoted(table: Table, clusterId: string, rounds = 800): Promise<void> {
  await fold(table, clusterId, rounds, WRONG);
  const { epoch } = await stateOf(table, clusterId);
  const change = await promoteRefit(promoteRefitStore(table), { clusterId, epoch, by: 'run-1' }, NOW);
  if (!change) throw new Error('nothing was promoted');
}

/** Puts what nothing has taught in the place of a good forecast, and lets it serve, badly, 300 jobs. */
export async function wronglyPromoted(table: Table, clusterId: string): Promise<void> {
  await fold(table, clusterId, 800);
  const by = 'a human in a hurry';
  const change = { epoch: 1, cause: 'promoted', by } as const;
  const stands = await changeEpoch(epochStore(table), configOf(clusterId), change, async () => nothingLearned(), NOW);
  const version = (stands?.version ?? 0) - 1;
  const kept = { by, proof: null, reason: 'by hand', at: NOW.toISOString(), version };
  await saveRefit(table, clusterId, { epoch: 1, status: 'promoted', ...kept });
  await fold(table, clusterId, 300, WRONG);
}
