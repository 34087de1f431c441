import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { admissionStore } from '../../../../functions/adapters/tables/admission-store.ts';
import { loadOrCreateCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { loadJob, recordActing, recordDecision, recordEffect } from '../../../../functions/adapters/tables/jobs.ts';
import { outcomeStore } from '../../../../functions/adapters/tables/outcome-store.ts';
import { roundsOf } from '../../../../functions/adapters/tables/rounds.ts';
import { clusterKey, type Table } from '../../../../functions/adapters/tables/table.ts';
import { admitRound } from '../../../../functions/application/decisions/admit-round.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { takeOutcome } from '../../../../functions/application/outcomes/take-outcome.ts';
import { decisionId } from '../../../../functions/domain/ids.ts';
import type { JobFact } from '../../../../functions/domain/outcome.ts';
import { type Round, roundKey } from '../../../../functions/domain/round.ts';
import { handler as ingest } from '../../../../functions/events/ingest-outcome.ts';
import { handler as admitJob } from '../../../../functions/job-workflow/admit-job.ts';
import { aJob, anEffect, aSubmission } from '../../../fixtures/builders.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import {
  Crash,
  calibrationOf,
  configOf,
  decisionOf,
  dyingTable,
  indexed,
  instant,
  ledgerJobs,
  moment,
  T,
  useEmbeddedClock,
} from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const event = (type: string, clusterId: string, more: object) => ({
  source: 'vgac.collectors',
  'detail-type': type,
  detail: { schemaVersion: 1, clusterId, jobId: 'job', ...more },
});
const submitted = (clusterId: string, seconds: number, jobId = 'job') =>
  aSubmission({ clusterId, jobId, submittedAt: instant(seconds) });
const admit = (clusterId: string, seconds: number, { jobId = 'job', execution = `arn:${seconds}` } = {}) =>
  admitJob({ event: submitted(clusterId, seconds, jobId), execution }, at(seconds));
const rounds = (clusterId: string, jobId = 'job') => roundsOf(dynamo.table, { clusterId, jobId });

/** Sort keys of the outcomes that wait. */
async function waiting(clusterId: string): Promise<string[]> {
  const page = await dynamo.table.client.send(
    new QueryCommand({
      TableName: dynamo.table.name,
      KeyConditionExpression: 'PK = :pk AND begins_with(SK, :outcome)',
      ExpressionAttributeValues: { ':pk': clusterKey(clusterId), ':outcome': 'OUTCOME#' },
    }),
  );
  return (page.Items ?? []).map(({ SK }) => String(SK));
}

/** A claimed round with a decision that waits for its label. */
async function decided(clusterId: string, seconds: number, table: Table = dynamo.table): Promise<Round> {
  const round = { clusterId, jobId: 'job', submittedAt: instant(seconds) };
  await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
  await admitRound(admissionStore(table), aJob(round), `arn:${seconds}`, moment(seconds));
  const decision = decisionOf(clusterId, 'job', { ...round, decisionId: decisionId(round), executed: false });
  await recordDecision(table, { ...decision, decidedAt: instant(seconds) }, instant(seconds + T + 60));
  return round;
}

describe('an id that is submitted again', () => {
  it('is another round, with a claim, a decision and a label of its own', async () => {
    const first = await decided('again', 0);
    const second = await decided('again', 1_800);
    expect((await rounds('again')).map(({ claimed_by }) => claimed_by)).toEqual(['arn:0', 'arn:1800']);
    await ingest(event('JobStarted', 'again', { startedAt: instant(1_810), submittedAt: instant(1_800) }), at(1_900));
    await foldCluster(foldStore(dynamo.table), configOf('again'), moment(1_900));
    expect(await loadJob(dynamo.table, first)).toMatchObject({ long_wait: true, folded_in: expect.any(Number) });
    expect(await loadJob(dynamo.table, second)).toMatchObject({ long_wait: false, actual_wait: 10 });
    expect(await ledgerJobs(dynamo.table, 'again')).toEqual(['job', 'job']);
    expect(await indexed(dynamo.table, 'again')).toEqual([]);
    expect((await calibrationOf(dynamo.table, 'again')).sample_count).toBe(2);
  });

  it('is turned away when the event of one round is repeated, however it spells its time', async () => {
    await admit('repeated', 0);
    const repeated = aSubmission({ clusterId: 'repeated', jobId: 'job', submittedAt: '2026-11-20T08:00:00Z' });
    const again = admitJob({ event: repeated, execution: 'arn:other' }, at(10));
    await expect(again).rejects.toMatchObject({ name: 'AlreadyAdmitted' });
    await expect(admit('repeated', 1)).resolves.toMatchObject({ job: { submittedAt: instant(1) } });
  });

  it('keeps ids apart that look like the key of another', async () => {
    await admit('odd', 0, { jobId: 'a' });
    await admit('odd', 0, { jobId: 'a/b' });
    await admit('odd', 0, { jobId: 'a%23b' });
    for (const jobId of ['a', 'a/b', 'a%23b'])
      expect((await rounds('odd', jobId)).map((row) => row.job_id)).toEqual([jobId]);
  });
});

describe('an outcome', () => {
  it('belongs to the round that it names, also when that is not the latest', async () => {
    await admit('named', 0);
    await admit('named', 100);
    await ingest(event('JobCancelled', 'named', { cancelledAt: instant(110), submittedAt: instant(0) }), at(120));
    expect((await rounds('named')).map((row) => row.cancelled_at)).toEqual([instant(110), undefined]);
  });

  it.each([
    [99, [instant(99), undefined]],
    [100, [undefined, instant(100)]],
    [200, [undefined, instant(200)]],
  ])('that names none and happened at %d s belongs to the latest round submitted by then', async (seconds, starts) => {
    const clusterId = `unnamed-${seconds}`;
    await admit(clusterId, 0);
    await admit(clusterId, 100);
    await ingest(event('JobStarted', clusterId, { startedAt: instant(seconds) }), at(210));
    expect((await rounds(clusterId)).map((row) => row.started_at)).toEqual(starts);
  });

  it('that names its round and comes before the claim makes the row, and the decision finds it late', async () => {
    await ingest(event('JobStarted', 'early', { startedAt: instant(30), submittedAt: instant(0) }), at(31));
    await admit('early', 0);
    expect(await rounds('early')).toMatchObject([{ claimed_by: 'arn:0', started_at: instant(30), long_wait: false }]);
    expect(await waiting('early')).toEqual([]);
  });

  it('that names none and comes before every claim waits, and is picked up by the claim', async () => {
    await ingest(event('JobStarted', 'waits', { startedAt: instant(30) }), at(31));
    await ingest(event('JobEnded', 'waits', { endedAt: instant(30), state: 'failed' }), at(31));
    expect(await rounds('waits')).toEqual([]);
    expect(await waiting('waits')).toHaveLength(2);
    await admit('waits', 0);
    const joined = { started_at: instant(30), ended_at: instant(30), end_state: 'failed', long_wait: false };
    expect(await rounds('waits')).toMatchObject([joined]);
    expect(await waiting('waits')).toEqual([]);
  });

  it('that waits is not picked up by a round submitted after it', async () => {
    await ingest(event('JobCancelled', 'later', { cancelledAt: instant(30) }), at(31));
    await admit('later', 31);
    expect(await rounds('later')).toMatchObject([{ submitted_at: instant(31) }]);
    expect((await rounds('later'))[0]?.cancelled_at).toBeUndefined();
    expect(await waiting('later')).toHaveLength(1);
    await admit('later', 0);
    expect((await rounds('later')).map((row) => row.cancelled_at)).toEqual([instant(30), undefined]);
    expect(await waiting('later')).toEqual([]);
  });

  it('and its round find each other whoever is faster, and wherever one dies', { timeout: 120_000 }, async () => {
    let run = 0;
    const writes = fc.integer({ min: 1, max: 5 });
    const fact: JobFact = { type: 'JobStarted', at: instant(30) };
    await fc.assert(
      fc.asyncProperty(writes, writes, fc.constantFrom('before', 'after'), fc.boolean(), async (k, l, when, first) => {
        const clusterId = `race-${run++}`;
        const job = aJob({ clusterId, jobId: 'job', submittedAt: instant(0) });
        const outcome = { clusterId, jobId: 'job', submittedAt: null, fact };
        const claim = (table: Table) => admitRound(admissionStore(table), job, 'arn:1', moment(31));
        const ingestIt = (table: Table) => takeOutcome(outcomeStore(table), outcome, T, moment(31));
        const deeds = [
          () => claim(dyingTable(dynamo.table, k, when)),
          () => ingestIt(dyingTable(dynamo.table, l, when)),
        ];
        await Promise.all((first ? deeds : deeds.toReversed()).map((deed) => deed().catch(dies)));
        // Each is tried again by whoever called it.
        await Promise.all([claim(dynamo.table), ingestIt(dynamo.table)]);
        expect(await rounds(clusterId)).toMatchObject([
          { claimed_by: 'arn:1', started_at: instant(30), long_wait: false },
        ]);
        expect((await rounds(clusterId))[0]?.contradictions).toBeUndefined();
      }),
      { numRuns: 60, seed: 20261120 },
    );
  });
});

function dies(error: unknown): void {
  if (!(error instanceof Crash)) throw error;
}

describe('a time ahead of the clock', () => {
  const ahead = (seconds: number): [string, object][] => [
    ['JobStarted', { startedAt: instant(seconds) }],
    ['JobEnded', { endedAt: instant(seconds), state: 'succeeded' }],
    ['JobCancelled', { cancelledAt: instant(seconds) }],
  ];
  const CENTURY = (Date.parse('2099-06-01T00:00:00Z') - moment(0).getTime()) / 1000;

  it.each([
    ...ahead(7_210).map(([type, more]) => ['two hours, as of a collector in local time', type, more] as const),
    ...ahead(CENTURY).map(([type, more]) => ['of the year 2099', type, more] as const),
  ])('%s is refused in %s: nothing is stored, nothing folded', async (what, type, more) => {
    const clusterId = `ahead-${type}-${what.length}`;
    const round = await decided(clusterId, 0);
    const before = [await loadJob(dynamo.table, round), await calibrationOf(dynamo.table, clusterId)];
    for (const name of [{}, { submittedAt: instant(0) }, { jobId: 'unknown' }]) {
      const refused = ingest(event(type, clusterId, { ...more, ...name }), at(10));
      await expect(refused).rejects.toMatchObject({
        name: 'MalformedEvent',
        message: expect.stringMatching(/^outcomeInTheFuture: detail\.\w+At is \d+ s ahead of the clock/),
      });
    }
    expect([await loadJob(dynamo.table, round), await calibrationOf(dynamo.table, clusterId)]).toEqual(before);
    expect(await waiting(clusterId)).toEqual([]);
    // What is true still teaches.
    expect(await ingest(event('JobStarted', clusterId, { startedAt: instant(20) }), at(20))).toMatchObject({
      folded: 1,
    });
  });
});

describe('an array', () => {
  it('is one round, whichever of its tasks is reported', async () => {
    await admit('array', 0, { jobId: '123_[0-99%10]' });
    await expect(admit('array', 0, { jobId: '123_4', execution: 'arn:4' })).rejects.toMatchObject({
      name: 'AlreadyAdmitted',
    });
    for (const [jobId, seconds] of [
      ['123_0', 30],
      ['123_1', 40],
      ['123_2', T + 50],
    ] as const) {
      const started = event('JobStarted', 'array', { jobId, startedAt: instant(seconds), submittedAt: instant(0) });
      expect(await ingest(started, at(T + 60))).toMatchObject({ contradicts: false });
    }
    await ingest(event('JobEnded', 'array', { jobId: '123_0', endedAt: instant(50), state: 'failed' }), at(T + 60));
    await ingest(event('JobCancelled', 'array', { jobId: '123_1', cancelledAt: instant(51) }), at(T + 60));
    const [row, ...others] = await rounds('array', '123');
    expect(others).toEqual([]);
    expect(row).toMatchObject({ job_id: '123', started_at: instant(30), long_wait: false, actual_wait: 30 });
    for (const name of ['ended_at', 'cancelled_at', 'contradicting']) expect(row).not.toHaveProperty(name);
    await ingest(event('JobEnded', 'array', { jobId: '123', endedAt: instant(90), state: 'succeeded' }), at(T + 60));
    expect((await rounds('array', '123'))[0]).toMatchObject({ ended_at: instant(90), end_state: 'succeeded' });
  });
});

describe('what our own effect resubmits', () => {
  const touched = { intervened: true, action: 'requeue', at: instant(20), decisionId: 'dec_ours' } as const;
  const own = async (clusterId: string) => (await rounds(clusterId)).map((row) => row.own_effect_of);

  it.each([
    ['was done', touched, true],
    ['may have been done', { ...touched, status: 'failed' } as const, true],
    ['was taken back', { ...touched, status: 'undone' } as const, false],
    ['was a statement', { ...touched, intervened: false }, false],
  ])('is known by the round before it, whose effect %s', async (name, effect, isOurs) => {
    const clusterId = `own-${name.replaceAll(' ', '-')}`;
    const first = await decided(clusterId, 0);
    await recordEffect(dynamo.table, first, anEffect(effect));
    await admit(clusterId, 30);
    expect(await own(clusterId)).toEqual([undefined, isOurs ? decisionId(first) : undefined]);
  });

  it('is known even if it comes before the effect is on record', async () => {
    const first = await decided('own-fast', 0);
    const at = moment(20).toISOString();
    await recordActing(dynamo.table, first, { decisionId: 'dec_ours', at, until: at, note: false });
    await admit('own-fast', 21);
    expect(await own('own-fast')).toEqual([undefined, decisionId(first)]);
  });

  it('is not what comes after that, nor what somebody else submitted before', async () => {
    await admit('own-next', 10);
    const second = await decided('own-next', 20);
    await recordEffect(dynamo.table, second, anEffect({ ...touched, at: instant(25) }));
    await admit('own-next', 30);
    await admit('own-next', 40);
    await admit('own-next', 15);
    expect(await own('own-next')).toEqual([undefined, undefined, undefined, decisionId(second), undefined]);
  });

  it('is not hidden by a row that only an outcome made', async () => {
    const first = await decided('own-hidden', 0);
    await recordEffect(dynamo.table, first, anEffect(touched));
    await ingest(event('JobStarted', 'own-hidden', { startedAt: instant(29), submittedAt: instant(29) }), at(30));
    await admit('own-hidden', 30);
    expect((await own('own-hidden')).at(-1)).toBe(decisionId(first));
  });
});

describe('a row of another layout', () => {
  it('stops the admission of its job with a sentence that says what to do', async () => {
    const round = { clusterId: 'old', jobId: 'job', submittedAt: instant(0) };
    const old = {
      PK: clusterKey('old'),
      SK: `JOB#${roundKey(round)}`,
      v: 2,
      claimed_by: 'arn',
      submitted_at: instant(0),
    };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item: old }));
    await expect(admit('old', 10)).rejects.toMatchObject({
      name: 'OtherLayout',
      message: expect.stringMatching(/is of layout 2, and this version reads layout 1: start anew with an empty table/),
    });
  });
});
