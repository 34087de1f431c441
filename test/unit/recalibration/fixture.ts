import { PutCommand } from '@aws-sdk/lib-dynamodb';
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
import { query } from '../../../functions/adapters/tables/query.ts';
import { epochStore, promoteRefitStore } from '../../../functions/adapters/tables/recalibration-stores.ts';
import { saveRefit } from '../../../functions/adapters/tables/refits.ts';
import { clusterKey, type Table } from '../../../functions/adapters/tables/table.ts';
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

/** Jobs that were simulated at one time, and the forecast that served them, as it was stored. */
interface Submission {
  readonly jobs: number;
  readonly forecast: Uint8Array | null;
}

/** All that was simulated of each cluster, so that its history can go on where it was folded up to. */
const submissions = new Map<string, Submission[]>();

/**
 * Folds the lines of simulated jobs, in batches of a hundred rounds as the monitor would; the last five have no label yet. A new
 * cluster with a history that another had before is a copy of that.
 */
export async function fold(table: Table, clusterId: string, rounds: number, serve: Serve = RIGHT): Promise<void> {
  const isNew = (await loadCalibration(table, clusterId)) === null;
  if (!isNew) return foldOn(table, clusterId, rounds, serve);
  await copyOf(table, clusterId, `${rounds}-${serve.name}`, (original) => foldOn(table, original, rounds, serve));
}

async function foldOn(table: Table, clusterId: string, rounds: number, serve: Serve): Promise<void> {
  await loadOrCreateCalibration(table, configOf(clusterId), NOW);
  const earlier = submissions.get(clusterId) ?? [];
  submissions.set(clusterId, earlier);
  const cluster = new Cluster({ seed: 1, truth: REGIMES.one });
  const submit = ({ jobs, forecast }: Submission) => {
    cluster.learned = learnedIn(forecast);
    cluster.submit(jobs);
  };
  for (const submission of earlier) submit(submission);
  for (let from = 0; from < rounds; from += 100) {
    const place = cluster.facts.length;
    const forecast = (await loadForecast(table, clusterId))?.state ?? null;
    const submission = { jobs: Math.min(100, rounds - from), forecast };
    submit(submission);
    earlier.push(submission);
    const lines = cluster.since(place).map((fact) => lineOf(fact, serve));
    await append(table, clusterId, lines);
  }
}

type Items = Record<string, unknown>[];

/** Items of the clusters that others are copies of, while they are made and afterwards. */
const originals = new Map<string, Promise<Items>>();

/** Makes a cluster as it was made before, under another name: folding a history takes many times as long as copying it. */
async function copyOf(
  table: Table,
  clusterId: string,
  how: string,
  make: (original: string) => Promise<void>,
): Promise<void> {
  const original = `original-${how}`;
  const items = originals.get(how) ?? make(original).then(() => itemsOf(table, original));
  originals.set(how, items);
  const named = (value: unknown) => (value === original ? clusterId : value);
  for (const item of await items) {
    const copy = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, named(value)]));
    await table.client.send(new PutCommand({ TableName: table.name, Item: { ...copy, PK: clusterKey(clusterId) } }));
  }
  submissions.set(clusterId, [...(submissions.get(original) ?? [])]);
}

async function itemsOf(table: Table, clusterId: string): Promise<Items> {
  const items: Items = [];
  const ExpressionAttributeValues = { ':pk': clusterKey(clusterId) };
  for await (const item of query(table, { KeyConditionExpression: 'PK = :pk', ExpressionAttributeValues })) {
    items.push(item);
  }
  return items;
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
  const said = { bWithoutVgac: taught.bWithoutVgac, bWithVgac: null, qWithoutVgac: q ?? 0.5, qWithVgac: null };
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
  return learnedIn((await loadForecast(table, clusterId))?.state ?? null);
}

function learnedIn(forecast: Uint8Array | null): Learned {
  return forecast === null ? nothingLearned() : deserialiseForecast(forecast).learned;
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
  const isNew = (await loadCalibration(table, clusterId)) === null;
  if (!isNew) return promotedOn(table, clusterId, rounds);
  await copyOf(table, clusterId, `promoted-${rounds}`, (original) => promotedOn(table, original, rounds));
}

async function promotedOn(table: Table, clusterId: string, rounds: number): Promise<void> {
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
