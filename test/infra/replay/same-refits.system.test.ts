import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { forecastFor, forecastKeys } from '../../../functions/adapters/tables/forecast.ts';
import { readTogether } from '../../../functions/adapters/tables/read-together.ts';
import { refitHistoryStore } from '../../../functions/adapters/tables/recalibration-stores.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { isRecalibrationDue } from '../../../functions/application/recalibration/refit-history.ts';
import { packed } from '../../../functions/domain/forecast/codec.ts';
import { type Forecast, forecast } from '../../../functions/domain/forecast/forecast.ts';
import { coldForecast } from '../../../functions/domain/forecast/state.ts';
import { emptyTables } from '../../../functions/domain/forecast/tables.ts';
import { inFoldOrder, knownAt, type LedgerLine } from '../../../functions/domain/ledger-lines.ts';
import { handler as promoteRefit } from '../../../functions/recalibration/promote-refit.ts';
import { handler as refitModel } from '../../../functions/recalibration/refit-model.ts';
import { handler as rejectRefit } from '../../../functions/recalibration/reject-refit.ts';
import { handler as rollBackRefit } from '../../../functions/recalibration/roll-back-refit.ts';
import { handler as watchRefit } from '../../../functions/recalibration/watch-refit.ts';
import { Row } from '../../../infra/replay/import/row.ts';
import { clusterConfig, roundOf, ruleSet } from '../../../infra/replay/rules.ts';
import { Stream } from '../../../infra/replay/stream.ts';
import { type Handlers, runMachine } from '../../fixtures/checked-in-machine.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { configOf, T, useEmbeddedClock } from '../../unit/application/outcomes/fixture.ts';
import { entryOf } from '../../unit/domain/builders.ts';
import { append, NOW, stateOf } from '../../unit/recalibration/fixture.ts';
import { seeded } from './synthetic.ts';

/** So small that a short history has refits that are tried, promoted and rolled back. */
vi.mock('../../../functions/domain/recalibration/numbers.ts', () => ({
  RECALIBRATION: {
    ...{ window: 160, fitted: 0.7, leastLabels: 40, leastStretches: 5, z: 1.645, settle: 100 },
    watch: { every: 20, labels: 100, earlyZ: 2.326 },
  },
}));

const CLUSTER = 'same-refits';
const START = 1_772_366_400;
const RUN = 600;

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());
let table: Table;
beforeAll(() => {
  ({ table } = dynamo);
});

/** Which jobs wait changes for a while: the ones that ask for much, or all others. */
function history(count: number): Row[] {
  const random = seeded(1);
  return Array.from({ length: count }, (_, i) => {
    const gpus = random() < 0.4 ? 4 : 1;
    const isOther = i >= 500 && i < 600;
    const longWait = random() < ((gpus === 4) === isOther ? 0.08 : 0.85);
    const waitSeconds = longWait ? 2 * T : Math.floor(T * random());
    const submittedAt = START + 60 * i;
    const labelAt = submittedAt + Math.min(T, waitSeconds);
    const asked = { gpus, procs: gpus, queue: 'q', runSeconds: RUN };
    const row = Object.assign(new Row(), { ...asked, submittedAt, waitSeconds, longWait, labelAt });
    row.id.rename(String(1000 + i));
    return row;
  });
}

interface Epoch {
  readonly afterJobs: number;
  readonly cause: 'promoted' | 'rolledBack';
}

interface Refits {
  readonly q: readonly number[];
  readonly epochs: readonly Epoch[];
  readonly rejected: number;
}

// Nothing that it may do touches a job.
const { gate: _, ...actions } = clusterConfig().actions;
const RULES = ruleSet('all', { config: { ...clusterConfig(), actions: { ...actions, suggest: [] } } });

function backTest(rows: readonly Row[]): Refits {
  const stream = new Stream(CLUSTER, RULES, 'builtin');
  const q = rows.map((row) => stream.decide(row));
  const { recalibration } = stream.forecaster;
  if (recalibration === null) throw new Error('nothing is refitted');
  return { q, epochs: recalibration.epochs, rejected: recalibration.rejected };
}

const HANDLERS: Handlers = {
  WatchRefit: (event) => watchRefit(event, at(0)),
  RefitModel: (event) => refitModel(event, at(0)),
  PromoteRefit: (event) => promoteRefit(event, at(0)),
  RejectRefit: (event) => rejectRefit(event, at(0)),
  RollBackRefit: (event) => rollBackRefit(event, at(0)),
  NotifyRefit: async () => ({ sent: true }),
};

/** The same jobs by the ledger, with the machine coming by wherever it has something to do. */
async function deployed(rows: readonly Row[]): Promise<Refits> {
  await loadOrCreateCalibration(table, configOf(CLUSTER), NOW);
  const [q, epochs]: [number[], Epoch[]] = [[], []];
  let rejected = 0;
  let coming: LedgerLine[] = [];
  for (const [i, row] of rows.entries()) {
    const known = coming.filter((line) => knownAt(line) <= row.submittedAt).sort(inFoldOrder);
    coming = coming.filter((line) => knownAt(line) > row.submittedAt);
    await append(table, CLUSTER, known);
    const state = await stateOf(table, CLUSTER);
    if (await isRecalibrationDue(refitHistoryStore(table), CLUSTER, state)) {
      const { status, passed } = await runMachine('recalibration', HANDLERS, { clusterId: CLUSTER });
      if (status !== 'SUCCEEDED') throw new Error(passed.join());
      if (passed.includes('RejectRefit')) rejected += 1;
      if (passed.includes('PromoteRefit')) epochs.push({ afterJobs: i, cause: 'promoted' });
      if (passed.includes('RollBackRefit')) epochs.push({ afterJobs: i, cause: 'rolledBack' });
    }
    const { epoch } = await stateOf(table, CLUSTER);
    const said = await forecastOf(row);
    q.push(said.q);
    coming.push(...linesOf(row, said, epoch));
  }
  return { q, epochs, rejected };
}

async function forecastOf({ gpus, procs, queue, submittedAt }: Row): Promise<Forecast> {
  const asked = { gpus, procs, queue };
  const standing = forecastFor(await readTogether(table, forecastKeys(CLUSTER, asked)), CLUSTER, asked);
  const { state, tables } = standing ?? { state: coldForecast(), tables: emptyTables() };
  return forecast(state, tables, asked, { at: submittedAt, p: null });
}

function linesOf(row: Row, { inputs, z, bWithoutVgac, qWithoutVgac, q }: Forecast, epoch: number): LedgerLine[] {
  const { gpus, procs, queue, submittedAt, waitSeconds, longWait, labelAt } = row;
  const round = { jobId: row.jobId(), submittedAt };
  const asked = { gpus, procs, queue };
  const models = { bWithoutVgac, qWithoutVgac, bWithVgac: null, qWithVgac: null };
  const draw = RULES.lottery.ring(roundOf(CLUSTER, row.jobId(), submittedAt));
  const over = submittedAt + waitSeconds + RUN;
  return [
    { kind: 'submitted', ...round, ...asked, inputs: packed(inputs) },
    { kind: 'started', ...round, ...asked, waitSeconds, z: packed(z), touched: false },
    entryOf({
      ...{ ...round, labelAt, draw, p: null, q, longWait, epoch, predictedWaitSeconds: null, waitSeconds: null },
      forecast: { ...asked, ...models, z: packed(z) },
    }),
    { kind: 'ended', ...round, at: over, runSeconds: RUN, aged: false },
  ];
}

describe('refits, deployed and in the back-test', () => {
  it('are tried, promoted and rolled back alike where a regime comes and goes', { timeout: 240_000 }, async () => {
    const rows = history(680);
    const played = backTest(rows);
    const ours = await deployed(rows);
    expect({ epochs: ours.epochs, rejected: ours.rejected }).toEqual({
      epochs: played.epochs,
      rejected: played.rejected,
    });
    expect(played.epochs.map(({ cause }) => cause)).toEqual(['promoted', 'rolledBack']);
    expect(played.rejected).toBeGreaterThan(2);
    const off = ours.q.map((q, i) => Math.abs(q - (played.q[i] ?? Number.NaN)));
    expect(off.findIndex((one) => !(one < 1e-6))).toBe(-1);
  });
});
