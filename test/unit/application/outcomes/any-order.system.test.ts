import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadOrCreateCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { loadJob, recordDecision } from '../../../../functions/adapters/tables/jobs.ts';
import { ledgerReader } from '../../../../functions/adapters/tables/mend-store.ts';
import { joinOutcomeToRow } from '../../../../functions/adapters/tables/outcomes.ts';
import type { Table } from '../../../../functions/adapters/tables/table.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { rebuild } from '../../../../functions/application/outcomes/rebuild.ts';
import type { JobFact } from '../../../../functions/domain/outcome.ts';
import { startDynamo } from '../../../fixtures/dynamo.ts';
import {
  calibrationOf,
  claim,
  configOf,
  decisionOf,
  indexed,
  instant,
  keyOf,
  ledgerJobs,
  moment,
  OVERDUE,
  release,
  reserve,
  roundOf,
  T,
  taken,
} from './fixture.ts';

let table: Table;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ table, close } = await startDynamo());
});
afterAll(() => close());

const told = (clusterId: string, event: JobFact, seconds = 100) =>
  joinOutcomeToRow(table, roundOf(clusterId, 'job'), event, T, moment(seconds));

/** As Predict does it: a decision that an outcome overtook is late, is not executed and does not teach. */
async function decide(clusterId: string) {
  await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
  await claim(table, clusterId, 'job');
  if ((await loadJob(table, roundOf(clusterId, 'job')))?.decision) return;
  const decision = decisionOf(clusterId, 'job');
  await reserve(table, decision);
  if (await recordDecision(table, decision, OVERDUE.toISOString())) return;
  const nothing = { called: 0, tier: 0, cost: 0, executed: false, foldable: false } as const;
  await recordDecision(table, decisionOf(clusterId, 'job', { ...nothing, next: 'late' }), OVERDUE.toISOString());
  if (!(await loadJob(table, roundOf(clusterId, 'job')))?.decision?.executed) await release(table, decision);
}

const fold = (clusterId: string) => foldCluster(foldStore(table), configOf(clusterId), moment(100), [keyOf('job')]);

describe('outcomes in any order', () => {
  let runs = 0;
  const start = (seconds: number) => (clusterId: string) =>
    told(clusterId, { type: 'JobStarted', at: instant(seconds) });
  const end = (clusterId: string) => told(clusterId, { type: 'JobEnded', at: instant(90), endState: 'succeeded' });
  const steps = [decide, start(30), start(30), start(40), start(40), end, end, fold, fold] as const;

  it('count once whatever comes first, twice or in contradiction', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...steps], { minLength: steps.length }), async (order) => {
        const clusterId = `any-${runs++}`;
        for (const step of order) await step(clusterId);
        await decide(clusterId);
        await foldCluster(foldStore(table), configOf(clusterId), OVERDUE);

        const row = await loadJob(table, roundOf(clusterId, 'job'));
        expect(await ledgerJobs(table, clusterId)).toEqual(row?.decision?.foldable ? ['job'] : []);
        expect(await indexed(table, clusterId)).toEqual([]);
        expect(row).toMatchObject({ contradictions: 1, ended_at: instant(90) });
        expect(taken(await calibrationOf(table, clusterId))).toEqual({ places: 0, open: 0 });
        const rebuilt = await rebuild(ledgerReader(table), clusterId);
        expect(Buffer.from(rebuilt?.state ?? [])).toEqual(Buffer.from((await calibrationOf(table, clusterId)).state));
      }),
      { numRuns: 60, seed: 20261120 },
    );
  });

  it('count once when they all come at the same moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...steps], { minLength: steps.length }), async (order) => {
        const clusterId = `any-${runs++}`;
        await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
        await Promise.all(order.map((step) => step(clusterId)));
        await foldCluster(foldStore(table), configOf(clusterId), OVERDUE);
        const row = await loadJob(table, roundOf(clusterId, 'job'));
        expect(await ledgerJobs(table, clusterId)).toEqual(row?.decision?.foldable ? ['job'] : []);
        expect(row?.contradictions).toBe(1);
      }),
      { numRuns: 20, seed: 20261120 },
    );
  });
});

describe('one outcome', () => {
  const rowOf = (clusterId: string) => loadJob(table, roundOf(clusterId, 'job'));
  async function waiting(clusterId: string) {
    await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
    await claim(table, clusterId, 'job');
    await recordDecision(table, decisionOf(clusterId, 'job'), OVERDUE.toISOString());
  }

  it('before its submission creates the row, which lives 180 days, and its label', async () => {
    await told('early', { type: 'JobStarted', at: instant(30) });
    const row = await rowOf('early');
    expect(row).toMatchObject({
      cluster_id: 'early',
      job_id: 'job',
      submitted_at: instant(0),
      started_at: instant(30),
    });
    expect(row?.claimed_by).toBeUndefined();
    expect(row?.ttl).toBe(moment(100).getTime() / 1000 + 180 * 86_400);
    await claim(table, 'early', 'job');
    expect(await rowOf('early')).toMatchObject({ label_at: instant(30), long_wait: false, actual_wait: 30 });
  });

  it.each([
    [T, false, T],
    [T + 0.001, true, T],
  ])('that starts the job after %d s is long: %s, known after %d s', async (seconds, longWait, labelAt) => {
    await waiting(`start-${seconds}`);
    await told(`start-${seconds}`, { type: 'JobStarted', at: instant(seconds) }, 400);
    expect(await rowOf(`start-${seconds}`)).toMatchObject({
      long_wait: longWait,
      label_at: instant(labelAt),
      unfolded_due: instant(labelAt),
      actual_wait: seconds,
      error: seconds - 60,
    });
  });

  it('that cancels the job censors it', async () => {
    await waiting('cancel');
    await told('cancel', { type: 'JobCancelled', at: instant(30) });
    expect(await rowOf('cancel')).toMatchObject({ long_wait: null, label_at: instant(30) });
  });

  it('after the job was labelled overdue gives the wait, and does not contradict', async () => {
    await waiting('slow');
    await foldCluster(foldStore(table), configOf('slow'), OVERDUE);
    const answer = await told('slow', { type: 'JobStarted', at: instant(900) }, 900);
    expect(answer.contradicts).toBe(false);
    expect(await rowOf('slow')).toMatchObject({ long_wait: true, actual_wait: 900, error: 840, folded_in: 1 });
  });

  it('that contradicts a folded label is stored and counted, and never folded again', async () => {
    await waiting('late-news');
    await foldCluster(foldStore(table), configOf('late-news'), OVERDUE);
    const before = await calibrationOf(table, 'late-news');
    const event: JobFact = { type: 'JobStarted', at: instant(30) };
    expect((await told('late-news', event, 400)).contradicts).toBe(true);
    expect((await told('late-news', event, 401)).contradicts).toBe(false);
    await foldCluster(foldStore(table), configOf('late-news'), moment(402), [keyOf('job')]);
    expect(await rowOf('late-news')).toMatchObject({
      long_wait: true,
      started_at: instant(30),
      contradictions: 1,
      contradicting: [{ type: 'JobStarted', at: instant(30) }],
    });
    expect(await calibrationOf(table, 'late-news')).toEqual(before);
  });

  it('that keeps changing its mind stops being counted, so that the row stays small', async () => {
    await waiting('noisy');
    for (let i = 0; i < 25; i++) await told('noisy', { type: 'JobStarted', at: instant(i) });
    expect((await rowOf('noisy'))?.contradictions).toBe(20);
  });
});
