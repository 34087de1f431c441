import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { admissionStore } from '../../../../functions/adapters/tables/admission-store.ts';
import { loadOrCreateCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { decisionStore } from '../../../../functions/adapters/tables/decision-store.ts';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { listRows, loadForecast } from '../../../../functions/adapters/tables/forecast.ts';
import { readLedger } from '../../../../functions/adapters/tables/ledger.ts';
import { ledgerReader, mendStore } from '../../../../functions/adapters/tables/mend-store.ts';
import { joinOutcomeToRow } from '../../../../functions/adapters/tables/outcomes.ts';
import { roundsOf } from '../../../../functions/adapters/tables/rounds.ts';
import { keepSnapshot } from '../../../../functions/adapters/tables/snapshots.ts';
import { clusterKey, type Table } from '../../../../functions/adapters/tables/table.ts';
import { admitRound } from '../../../../functions/application/decisions/admit-round.ts';
import { readEvidence } from '../../../../functions/application/decisions/evidence.ts';
import { recordDecisionOnce } from '../../../../functions/application/decisions/record-decision.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { mendFromLedger } from '../../../../functions/application/outcomes/mend-from-ledger.ts';
import { rebuild } from '../../../../functions/application/outcomes/rebuild.ts';
import { deserialiseForecast } from '../../../../functions/domain/forecast/codec.ts';
import { FORECAST } from '../../../../functions/domain/forecast/numbers.ts';
import type { QueueState } from '../../../../functions/domain/forecast/queue.ts';
import { rowsOfReplayed } from '../../../../functions/domain/forecast/replay.ts';
import { type RowKind, rowAfter } from '../../../../functions/domain/forecast/rows.ts';
import { isOfQueue } from '../../../../functions/domain/ledger-lines.ts';
import type { JobFact } from '../../../../functions/domain/outcome.ts';
import { roundKey } from '../../../../functions/domain/round.ts';
import type { JobItem } from '../../../../schemas/items/job.ts';
import type { Job } from '../../../../schemas/machines/job-workflow.ts';
import { aJob } from '../../../fixtures/builders.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { Crash, calibrationOf, configOf, dyingTable, indexed, instant, moment, T } from './fixture.ts';

const dynamo = useTable();
let table: Table;
beforeAll(() => {
  ({ table } = dynamo);
});

const DAY = 86_400;
/** When every job is over or has aged, whatever was told of it. */
const END = moment(2 * FORECAST.ageSeconds + DAY);

const jobOf = (clusterId: string, jobId: string, seconds: number, gpus = 1): Job =>
  aJob({
    ...{ clusterId, jobId, submittedAt: instant(seconds), queue: `queue-${gpus}` },
    request: { gpus, cpuMillis: 8_000, memoryGb: 1 },
  });

/** As AdmitJob and Predict do it, without the fold. */
async function decide(job: Job, seconds: number, on = table): Promise<void> {
  await loadOrCreateCalibration(on, configOf(job.clusterId), moment(0));
  await admitRound(admissionStore(on), job, `arn:${roundKey(job)}`, moment(seconds));
  const store = decisionStore(on);
  const evidence = await readEvidence(store, job);
  await recordDecisionOnce(store, { job, verdict: null, said: 'notAsked', evidence }, moment(seconds));
}

const tell = (job: Job, told: JobFact, on = table) => joinOutcomeToRow(on, job, told, T, moment(900));
const fold = (clusterId: string, now: Date, on = table) => foldCluster(foldStore(on), configOf(clusterId), now);

async function queueOf(clusterId: string): Promise<QueueState> {
  const item = await loadForecast(table, clusterId);
  if (item === null) throw new Error(`${clusterId} has no forecast`);
  return deserialiseForecast(item.state).queue;
}

/** What the rows say that the counters have to be. */
function counted(rows: readonly JobItem[]) {
  const at = (stage: JobItem['counted']) => rows.filter((row) => row.counted === stage);
  const gpus = at('pending').reduce((sum, row) => sum + (row.forecast?.gpus ?? 0), 0);
  return { pending: at('pending').length, running: at('running').length, pendingGpus: gpus };
}

async function storedRows(clusterId: string, kind: RowKind): Promise<Map<string, Uint8Array>> {
  const { version } = await calibrationOf(table, clusterId);
  const rows = new Map<string, Uint8Array>();
  for (const [hash, row] of await listRows(table, clusterId, kind)) {
    const state = rowAfter(row, version);
    if (state !== null) rows.set(hash, state);
  }
  return rows;
}

const text = (rows: Map<string, Uint8Array>) =>
  [...rows].map(([hash, bytes]) => `${hash} ${Buffer.from(bytes).toString('hex')}`).sort();

/** Calibration, forecast and every row of its tables come out of the ledger bit for bit. */
async function expectRebuilt(clusterId: string): Promise<void> {
  const rebuilt = await rebuild(ledgerReader(table), clusterId);
  if (rebuilt === null) throw new Error(`${clusterId} has no ledger`);
  const item = await calibrationOf(table, clusterId);
  const forecast = await loadForecast(table, clusterId);
  expect([rebuilt.version, forecast?.version, item.marked_version]).toEqual([item.version, item.version, item.version]);
  expect(Buffer.from(rebuilt.state).equals(item.state)).toBe(true);
  expect(Buffer.from(rebuilt.forecast.state).equals(forecast?.state ?? new Uint8Array())).toBe(true);
  for (const kind of ['SHAPE', 'QUEUE'] as const) {
    expect(text(await storedRows(clusterId, kind))).toEqual(text(rowsOfReplayed(rebuilt.forecast, kind)));
  }
}

async function linesOf(clusterId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { entries } of readLedger(table, clusterId)) {
    for (const line of entries) {
      if (!isOfQueue(line)) continue;
      lines.push(
        line.kind === 'left' ? `left ${line.cause}` : line.kind === 'ended' ? `ended ${line.aged}` : line.kind,
      );
    }
  }
  return lines;
}

const start = (seconds: number): JobFact => ({ type: 'JobStarted', at: instant(seconds) });
const end = (seconds: number): JobFact => ({ type: 'JobEnded', at: instant(seconds), endState: 'succeeded' });
const cancel = (seconds: number): JobFact => ({ type: 'JobCancelled', at: instant(seconds) });

describe('what the forecast counts', () => {
  it('follows a job from its submission to its end, with the inputs that were there before it', async () => {
    const job = jobOf('life', 'a', 0, 4);
    await decide(job, 1);
    await fold('life', moment(1));
    expect(await queueOf('life')).toMatchObject({ pending: 1, running: 0, pendingGpus: 4 });
    await tell(job, start(100));
    await fold('life', moment(100));
    expect(await queueOf('life')).toMatchObject({ pending: 0, running: 1, pendingGpus: 0 });
    expect((await queueOf('life')).longs.size).toBe(1);
    // It waits for its end, and no label for it.
    expect(await indexed(table, 'life')).toHaveLength(1);
    await tell(job, end(700));
    await fold('life', moment(700));
    expect(await queueOf('life')).toMatchObject({ pending: 0, running: 0, runSeconds: 3_600 - 0.05 * 3_000 });
    expect(await indexed(table, 'life')).toEqual([]);
    expect(await linesOf('life')).toEqual(['submitted', 'started', 'ended false']);
    await expectRebuilt('life');
  });

  it('counts a job that was decided late as well', async () => {
    const job = jobOf('late', 'a', 0);
    await tell(job, start(1));
    await decide(job, 2);
    await fold('late', moment(2));
    expect(await queueOf('late')).toMatchObject({ pending: 0, running: 1 });
    await tell(job, end(10));
    await fold('late', moment(10));
    expect([await indexed(table, 'late'), (await queueOf('late')).running]).toEqual([[], 0]);
    // Its label was known before the decision, and teaches nothing.
    expect((await queueOf('late')).longs.size).toBe(0);
  });

  it('lets a job go that neither starts nor is cancelled, and one whose end nobody reports, and says how many', async () => {
    const [silent, running] = [jobOf('aged', 'a', 0), jobOf('aged', 'b', 0)];
    await decide(silent, 1);
    await decide(running, 1);
    await tell(running, start(50));
    await fold('aged', moment(1_000));
    await fold('aged', moment(FORECAST.ageSeconds - 1));
    expect(await queueOf('aged')).toMatchObject({ pending: 1, running: 1, aged: { pending: 0, running: 0 } });
    await fold('aged', moment(FORECAST.ageSeconds + 50));
    expect(await queueOf('aged')).toMatchObject({ pending: 0, running: 0, aged: { pending: 1, running: 1 } });
    expect(await indexed(table, 'aged')).toEqual([]);
    // Whoever speaks up now is heard, and counted no more.
    await tell(silent, start(100));
    await fold('aged', END);
    expect(await queueOf('aged')).toMatchObject({ pending: 0, running: 0 });
    await expectRebuilt('aged');
  });

  it.each(['in order', 'the later one first'])('lets a round go whose job is submitted again: %s', async (order) => {
    const clusterId = order.replaceAll(' ', '-');
    const rounds = [jobOf(clusterId, 'a', 0), jobOf(clusterId, 'a', 60)];
    for (const round of order === 'in order' ? rounds : rounds.toReversed()) await decide(round, 61);
    await fold(clusterId, moment(61));
    expect(await queueOf(clusterId)).toMatchObject({ pending: 1, running: 0 });
    expect((await linesOf(clusterId)).toSorted()).toEqual(['left superseded', 'submitted', 'submitted']);
    await expectRebuilt(clusterId);
  });

  it('counts a retried admission once', async () => {
    const job = jobOf('retry', 'a', 0);
    for (let i = 0; i < 3; i++) {
      await decide(job, 1 + i);
      await fold('retry', moment(1 + i));
    }
    expect(await queueOf('retry')).toMatchObject({ pending: 1 });
    expect(await linesOf('retry')).toEqual(['submitted']);
  });

  it('takes what the scheduler says of its queue for what is true, once, and keeps how far it was off', async () => {
    for (const id of ['a', 'b']) await decide(jobOf('snapped', id, 0, 2), 1);
    await fold('snapped', moment(1));
    const counts = { clusterId: 'snapped', pending: 5, running: 7, pendingGpus: null };
    expect(await keepSnapshot(table, { ...counts, at: instant(10) }, moment(10))).toBe(true);
    expect(await keepSnapshot(table, { ...counts, at: instant(9) }, moment(9))).toBe(false);
    for (const seconds of [5, 10, 11]) await fold('snapped', moment(seconds));
    expect(await queueOf('snapped')).toMatchObject({
      ...{ pending: 5, running: 7, pendingGpus: 4 },
      corrected: { snapshots: 1, jobs: 10 },
    });
    const Key = { PK: clusterKey('snapped'), SK: 'SNAPSHOT' };
    expect((await table.client.send(new GetCommand({ TableName: table.name, Key }))).Item).toHaveProperty(
      'folded',
      true,
    );
    // An archive that is replayed changes nothing.
    expect(await keepSnapshot(table, { ...counts, at: instant(10) }, moment(10))).toBe(false);
    await expectRebuilt('snapped');
  });

  it('keeps no more shapes and queues than its tables have room for, and rebuilds which', {
    timeout: 60_000,
  }, async () => {
    const { shapes, queues } = FORECAST.tables;
    const jobs = Array.from({ length: shapes + 20 }, (_, i) => jobOf('many', `j${i}`, i / 100, i + 1));
    for (const job of jobs) await decide(job, 3);
    for (const job of jobs) await tell(job, start(4));
    await fold('many', moment(10));
    expect((await queueOf('many')).tables).toMatchObject({ shapes, queues });
    expect([(await storedRows('many', 'SHAPE')).size, (await storedRows('many', 'QUEUE')).size]).toEqual([
      shapes,
      queues,
    ]);
    await expectRebuilt('many');
  });

  it.each([
    ['the forecast itself', 'FORECAST', 'SET #state = :bytes'],
    ['a row of its tables', 'FORECAST#SHAPE#', 'SET #state = :bytes'],
    ['a row that has no version', 'FORECAST#QUEUE#', 'REMOVE #version SET #state = :bytes'],
  ])('is mended from the ledger where somebody broke %s', async (what, prefix, UpdateExpression) => {
    const clusterId = what.replaceAll(' ', '-');
    for (const [i, id] of ['a', 'b'].entries()) {
      await decide(jobOf(clusterId, id, i), i + 1);
      await tell(jobOf(clusterId, id, i), start(20 + i));
    }
    await fold(clusterId, moment(100));
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'PK = :pk AND begins_with(SK, :sk)',
        ExpressionAttributeValues: { ':pk': clusterKey(clusterId), ':sk': prefix },
      }),
    );
    const SK: unknown = page.Items?.[0]?.SK;
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: { PK: clusterKey(clusterId), SK },
        UpdateExpression,
        ExpressionAttributeNames: {
          '#state': 'state',
          ...(UpdateExpression.includes('#version') && { '#version': 'version' }),
        },
        ExpressionAttributeValues: { ':bytes': new Uint8Array([7]) },
      }),
    );
    expect(await mendFromLedger(mendStore(table), configOf(clusterId))).toMatchObject({ outcome: 'mended' });
    await expectRebuilt(clusterId);
    expect(await mendFromLedger(mendStore(table), configOf(clusterId))).toMatchObject({ outcome: 'same' });
  });

  it('fits its items', async () => {
    for (let i = 0; i < 40; i++) {
      const job = jobOf('sizes', `j${i}`, i, 3);
      await decide(job, i);
      await tell(job, start(i + 7));
    }
    await fold('sizes', moment(900));
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'PK = :pk AND begins_with(SK, :sk)',
        ExpressionAttributeValues: { ':pk': clusterKey('sizes'), ':sk': 'FORECAST' },
      }),
    );
    const sizes = (page.Items ?? []).map((item) =>
      Object.entries(item).reduce(
        (sum, [name, value]) => sum + name.length + (value instanceof Uint8Array ? value.length : String(value).length),
        0,
      ),
    );
    expect(sizes).toHaveLength(3);
    expect(sizes[0]).toBeLessThan(4_096);
    for (const size of sizes.slice(1)) expect(size).toBeLessThan(400);
  });
});

describe('counters', () => {
  let runs = 0;
  const jobs = (clusterId: string) => [
    jobOf(clusterId, 'a', 0, 1),
    jobOf(clusterId, 'a', 40, 1),
    jobOf(clusterId, 'b', 10, 2),
    jobOf(clusterId, 'c', 20, 2),
  ];
  const fact = fc.constantFrom(start(50), start(60), end(80), end(70), cancel(65), cancel(45));
  type Step = { kind: 'decide' | 'fold'; job: number } | { kind: 'tell'; job: number; told: JobFact };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('decide' as const), job: fc.nat(3) }),
    fc.record({ kind: fc.constant('tell' as const), job: fc.nat(3), told: fact }),
    fc.record({ kind: fc.constant('fold' as const), job: fc.constant(0) }),
  );

  const run = async (clusterId: string, { kind, ...more }: Step, on = table) => {
    const job = jobs(clusterId)[more.job];
    if (job === undefined) return;
    if (kind === 'decide') await decide(job, 90, on);
    else if ('told' in more) await tell(job, more.told, on);
    else await fold(clusterId, moment(95), on);
  };

  const rowsIn = async (clusterId: string): Promise<JobItem[]> =>
    (await Promise.all(['a', 'b', 'c'].map((jobId) => roundsOf(table, { clusterId, jobId })))).flat();

  /** Whatever came, and whatever is yet to come. */
  async function expectTrue(clusterId: string) {
    await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
    await fold(clusterId, moment(100));
    const rows = await rowsIn(clusterId);
    const decided = rows.filter(({ forecast }) => forecast !== undefined);
    if (decided.length > 0) {
      const queue = await queueOf(clusterId);
      expect({ pending: queue.pending, running: queue.running, pendingGpus: queue.pendingGpus }).toEqual(counted(rows));
      expect(decided.every((row) => row.counted === stageOf(row))).toBe(true);
    }
    await fold(clusterId, END);
    await fold(clusterId, END);
    if (decided.length > 0) {
      const queue = await queueOf(clusterId);
      expect([queue.pending, queue.running, queue.pendingGpus]).toEqual([0, 0, 0]);
      await expectRebuilt(clusterId);
    }
    expect(await indexed(table, clusterId)).toEqual([]);
  }

  /** Where a job is by its facts autonomously, a day before anything has aged. */
  function stageOf(row: JobItem): JobItem['counted'] {
    const leftFirst = row.cancelled_at !== undefined || row.ended_at !== undefined || row.superseded_at !== undefined;
    if (leftFirst) return 'over';
    return row.started_at === undefined ? 'pending' : 'running';
  }

  it('equal those of the rows, whatever comes late, twice or never, in any order', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        const clusterId = `any-${runs++}`;
        for (const one of steps) await run(clusterId, one);
        await expectTrue(clusterId);
      }),
      { numRuns: 60, seed: 20261130 },
    );
  });

  it('do so when everything comes at the same moment', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => {
        const clusterId = `at-once-${runs++}`;
        await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
        await Promise.all(steps.map((one) => run(clusterId, one)));
        await expectTrue(clusterId);
      }),
      { numRuns: 25, seed: 20261130 },
    );
  });

  it('do so when whoever writes dies at any write', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 6, maxLength: 12 }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom('before' as const, 'after' as const),
        async (steps, write, when) => {
          const clusterId = `dying-${runs++}`;
          await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
          const dying = dyingTable(table, write, when);
          for (const one of [...steps, { kind: 'fold', job: 0 } as const]) {
            const died = await run(clusterId, one, dying).then(
              () => false,
              (error: unknown) => {
                if (error instanceof Crash) return true;
                throw error;
              },
            );
            // The queue in front delivers it again.
            if (died) await run(clusterId, one);
          }
          await expectTrue(clusterId);
        },
      ),
      { numRuns: 60, seed: 20261130 },
    );
  });
});
