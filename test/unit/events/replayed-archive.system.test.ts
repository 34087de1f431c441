import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { catchUpStore } from '../../../functions/adapters/tables/catch-up-store.ts';
import { closeJob, loadJob, recordDecision } from '../../../functions/adapters/tables/jobs.ts';
import { clusterKey } from '../../../functions/adapters/tables/table.ts';
import { catchUp } from '../../../functions/application/outcomes/catch-up.ts';
import { decisionId } from '../../../functions/domain/ids.ts';
import { handler as ingest } from '../../../functions/events/ingest-outcome.ts';
import { handler as admitJob } from '../../../functions/job-workflow/admit-job.ts';
import type { Decision } from '../../../schemas/decision.ts';
import { aSubmission } from '../../fixtures/builders.ts';
import { useTable } from '../../fixtures/handlers.ts';
import {
  configOf,
  decisionOf,
  instant,
  moment,
  release,
  reserve,
  T,
  useEmbeddedClock,
} from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

/** One job is submitted twice, the second time while nobody may have heard of the end of the first. */
const SUBMISSIONS = [0, 700] as const;
const DAY = 86_400;

interface Delivery {
  /** When it arrives, in seconds. */
  at: number;
  event: { 'detail-type': string; detail: Record<string, unknown> };
}

const seconds = fc.integer({ min: 0, max: 1_400 });
const outcome = fc
  .record({
    type: fc.constantFrom('JobStarted', 'JobEnded', 'JobCancelled'),
    happened: seconds,
    names: fc.constantFrom(...SUBMISSIONS, null),
    late: fc.constantFrom(0, 1, 30, 90, 600),
    task: fc.boolean(),
    state: fc.constantFrom('succeeded', 'failed'),
  })
  .map(({ type, happened, names, late, task, state }): (({ clusterId }: { clusterId: string }) => Delivery) => {
    const time = { JobStarted: 'startedAt', JobEnded: 'endedAt', JobCancelled: 'cancelledAt' }[type];
    const said = { [time]: instant(happened), ...(type === 'JobEnded' && { state }) };
    return ({ clusterId }) => ({
      at: happened + late,
      event: outcomeEvent(type, {
        clusterId,
        jobId: task && type === 'JobStarted' ? '77_3' : '77',
        ...said,
        // The start of one more task of an array leaves no trace; collectors say of which array it is.
        ...((names !== null || task) && { submittedAt: instant(names ?? 0) }),
      }),
    });
  });

function outcomeEvent(type: string, detail: Record<string, unknown>) {
  return { source: 'vgac.collectors', 'detail-type': type, detail: { schemaVersion: 1, ...detail } };
}

const submission = (clusterId: string, submitted: number) =>
  aSubmission({ clusterId, jobId: '77', submittedAt: instant(submitted) });

/** What the bus does with an event: a new execution for a submission, the handler for an outcome. */
async function deliver({ event, at: arrived }: Delivery, now: number, replay?: string): Promise<void> {
  const sent = { ...event, time: instant(arrived), ...(replay !== undefined && { 'replay-name': replay }) };
  const execution = `arn:${replay ?? 'first'}:${arrived}`;
  const isSubmission = event['detail-type'] === 'JobSubmitted';
  await (isSubmission ? admitJob({ event: sent, execution }, at(now)) : ingest(sent, at(now))).catch(setAside);
}

/** What is admitted already ends there, and what lies ahead of the clock goes to a queue. */
function setAside(error: unknown): void {
  if (!(error instanceof Error) || !['AlreadyAdmitted', 'MalformedEvent'].includes(error.name)) throw error;
}

/** As Predict and RecordOutcome do it; what an outcome has overtaken is late. */
async function decide(clusterId: string, submitted: number, now: number, served: boolean): Promise<void> {
  const round = { clusterId, jobId: '77', submittedAt: instant(submitted) };
  if ((await loadJob(dynamo.table, round))?.decision) return;
  const { prediction } = decisionOf(clusterId, '77');
  const decision = (more: Partial<Decision>) =>
    decisionOf(clusterId, '77', {
      ...round,
      ...{ decisionId: decisionId(round), decidedAt: instant(now) },
      ...(!served && { prediction: { ...prediction, p: null, q: null } }),
      ...more,
    });
  const timely = decision({});
  await reserve(dynamo.table, timely);
  const due = instant(submitted + T + 60);
  if (!(await recordDecision(dynamo.table, timely, due))) {
    await release(dynamo.table, timely);
    const nothing = { called: 0, tier: 0, cost: 0, executed: false, foldable: false, next: 'late' } as const;
    await recordDecision(dynamo.table, decision(nothing), due);
  }
  await closeJob(dynamo.table, round, { status: 'late', at: moment(now + 1) });
}

/** Everything that is stored of a cluster, in the order of its keys. */
async function stored(clusterId: string): Promise<string> {
  const page = await dynamo.table.client.send(
    new QueryCommand({
      TableName: dynamo.table.name,
      KeyConditionExpression: 'PK = :pk',
      ExpressionAttributeValues: { ':pk': clusterKey(clusterId) },
    }),
  );
  return JSON.stringify(page.Items, (_, value) => (value instanceof Uint8Array ? [...value] : value), 1);
}

describe('replaying the archive', () => {
  let runs = 0;

  it('changes nothing, whatever came before, late, twice, or in contradiction', { timeout: 180_000 }, async () => {
    const decisions = fc.tuple(...SUBMISSIONS.map(() => fc.constantFrom(1, 40, 500, 1_000)));
    const claims = fc.tuple(...SUBMISSIONS.map(() => fc.constantFrom(0, 1, 600)));
    const outcomes = fc.array(outcome, { minLength: 1, maxLength: 6 });
    const seen = { late: 0, contradicted: 0, cancelled: 0 };
    await fc.assert(
      fc.asyncProperty(claims, decisions, outcomes, fc.boolean(), async (claimed, decided, told, served) => {
        const clusterId = `replay-${runs++}`;
        await loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0));
        const submitted = SUBMISSIONS.map((submitted, i): Delivery => {
          return { at: submitted + (claimed[i] ?? 0), event: submission(clusterId, submitted) };
        });
        const all = [...submitted, ...told.map((one) => one({ clusterId }))].sort((a, b) => a.at - b.at);
        const deeds = [
          ...all.map((one) => ({ at: one.at, run: () => deliver(one, one.at) })),
          ...SUBMISSIONS.map((submitted, i) => {
            const when = submitted + (claimed[i] ?? 0) + (decided[i] ?? 0);
            return { at: when, run: () => decide(clusterId, submitted, when, served) };
          }),
        ];
        for (const { run } of deeds.sort((a, b) => a.at - b.at)) await run();
        // The monitor has been by, and nothing is due any more.
        const over = 60 * DAY;
        await catchUp(catchUpStore(dynamo.table), clusterId, 'monitor', moment(over));

        const before = await stored(clusterId);
        seen.late += before.includes('"next": "late"') ? 1 : 0;
        seen.contradicted += before.includes('"contradicting"') ? 1 : 0;
        seen.cancelled += before.includes('"cancelled_at"') ? 1 : 0;
        for (const one of [...all, ...all.toReversed()]) {
          await deliver(one, over, 'after-the-incident');
          expect(await stored(clusterId)).toBe(before);
        }
      }),
      { numRuns: 60, seed: 20261120 },
    );
    // Histories without any of these would show nothing.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
  });
});
