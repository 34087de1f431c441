import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadJob } from '../../../functions/adapters/tables/jobs.ts';
import { handler } from '../../../functions/events/ingest-outcome.ts';
import { useTable } from '../../fixtures/handlers.ts';
import {
  calibrationOf,
  decided,
  expectNothingTaken,
  instant,
  roundOf,
  T,
  useEmbeddedClock,
} from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const event = (type: string, clusterId: string, more: object) => ({
  source: 'vgac.collectors',
  'detail-type': type,
  detail: { schemaVersion: 1, clusterId, jobId: 'job', ...more },
});

describe('IngestOutcome', () => {
  it.each([
    ['JobStarted', { startedAt: instant(30) }, { long_wait: false, actual_wait: 30 }],
    ['JobEnded', { endedAt: instant(40), state: 'failed' }, { long_wait: false, end_state: 'failed' }],
    ['JobCancelled', { cancelledAt: instant(50) }, { long_wait: null }],
  ])('joins %s to its row and folds it at once', async (type, more, expected) => {
    const clusterId = `ingest-${type}`;
    await decided(dynamo.table, clusterId, 'job');
    expect(await handler(event(type, clusterId, more), at(60))).toEqual({ contradicts: false, folded: 1 });
    expect(await loadJob(dynamo.table, roundOf(clusterId, 'job'))).toMatchObject({ ...expected, folded_in: 1 });
    expectNothingTaken(await calibrationOf(dynamo.table, clusterId));
  });

  it('changes nothing when an event comes twice', async () => {
    await decided(dynamo.table, 'doubled', 'job');
    const started = event('JobStarted', 'doubled', { startedAt: instant(30) });
    await handler(started, at(60));
    const before = await calibrationOf(dynamo.table, 'doubled');
    expect(await handler(started, at(90))).toEqual({ contradicts: false, folded: 0 });
    expect(await calibrationOf(dynamo.table, 'doubled')).toEqual(before);
  });

  it('says when an event contradicts an earlier one', async () => {
    await decided(dynamo.table, 'torn', 'job');
    await handler(event('JobStarted', 'torn', { startedAt: instant(30) }), at(60));
    const other = event('JobStarted', 'torn', { startedAt: instant(T + 30) });
    expect(await handler(other, at(T + 60))).toEqual({ contradicts: true, folded: 0 });
  });

  it('keeps the outcome of a job and of a cluster that nobody has seen yet', async () => {
    const seen = { startedAt: instant(30), submittedAt: instant(0) };
    const answer = await handler(event('JobStarted', 'unseen', seen), at(60));
    expect(answer).toEqual({ contradicts: false, folded: 0 });
    expect(await loadJob(dynamo.table, roundOf('unseen', 'job'))).toMatchObject({ started_at: instant(30) });
  });

  it.each([
    ['no start', event('JobStarted', 'c', {})],
    ['an unknown version', event('JobStarted', 'c', { schemaVersion: 2, startedAt: instant(0) })],
    ['a local time', event('JobStarted', 'c', { startedAt: '2026-11-20T08:00:00+01:00' })],
    ['an end without a state', event('JobEnded', 'c', { endedAt: instant(0) })],
    ['a stranger as its source', { ...event('JobStarted', 'c', { startedAt: instant(0) }), source: 'elsewhere' }],
    ['a job id with braces', event('JobStarted', 'c', { startedAt: instant(0), jobId: '{% $x %}' })],
    ['nothing at all', null],
  ])('refuses an event with %s, so that its rule sets it aside', async (_, malformed) => {
    await expect(handler(malformed, at(60))).rejects.toMatchObject({ name: 'MalformedEvent' });
  });
});
