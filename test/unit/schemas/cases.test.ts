import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { admit, admitOutcome } from '../../../functions/domain/admission.ts';
import { roundKey } from '../../../functions/domain/round.ts';
import { eventBridge } from '../../../infra/runtime/wire/event-bridge.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/cases/events');
const present = existsSync(FOLDER);
const why = present ? '' : ' (skipped: there is no ../shared/data/cases beside this repository)';
const NOW = new Date('2026-11-30T10:00:02Z');

const Case = z.record(z.string(), z.unknown());
const read = (name: string) => Case.parse(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')));
/** The event of a case as EventBridge hands it over; a remark behind a time is left out. */
function event(name: string) {
  const { 'detail-type': type, detail } = read(name);
  const told = Object.entries(Case.parse(detail)).map(([field, value]) => [
    field,
    typeof value === 'string' && field.endsWith('At') ? value.replace(/ \(.*/, '') : value,
  ]);
  return { source: 'vgac.collectors', 'detail-type': type, detail: Object.fromEntries(told) };
}

describe.skipIf(!present)(`inputs from the field${why}`, () => {
  it.each([
    ['01-array-throttle', { jobId: '1001' }],
    ['02-priority-uint32', { priority: 4_294_901_759 }],
    ['03-estimated-over-a-year', { request: { estimatedMinutes: 600_000 } }],
    ['04-fractional-gpu', { request: { gpus: 0.5 } }],
  ])('%s is admitted', (name, job) => {
    expect(admit(event(name), NOW)).toMatchObject({ ok: true, job });
  });

  it('05-offset-utc is set aside with the field and what to write', () => {
    expect(admit(event('05-offset-utc'), NOW)).toEqual({
      ok: false,
      code: 'malformed',
      detail: 'detail.submittedAt: use ISO 8601 in UTC, e.g. 2026-11-20T08:00:00Z',
    });
    const started = { schemaVersion: 1, clusterId: 'slow', jobId: '1001', startedAt: '2026-11-30T10:00:00+00:00' };
    const outcome = { source: 'vgac.collectors', 'detail-type': 'JobStarted', detail: started };
    expect(admitOutcome(outcome, NOW)).toMatchObject({
      detail: expect.stringMatching(/^detail.startedAt: use ISO 8601/),
    });
  });

  it('06-null-user is admitted without a user', () => {
    const admission = admit(event('06-null-user'), NOW);
    expect(admission).toMatchObject({ ok: true });
    expect(admission.ok && admission.job.user).toBeUndefined();
  });

  it('07-start-in-the-future is set aside', () => {
    expect(admitOutcome(event('07-start-in-the-future'), NOW)).toEqual({
      ok: false,
      code: 'outcomeInTheFuture',
      detail: 'detail.startedAt is 7200 s ahead of the clock: use UTC, not local time',
    });
  });

  it('08-requeued-same-id is a new round', () => {
    const again = admit(event('08-requeued-same-id'), new Date('2026-11-30T10:30:02Z'));
    const first = admit(event('02-priority-uint32'), NOW);
    if (!again.ok || !first.ok) throw new Error('one of them was refused');
    expect(again.job.jobId).toBe(first.job.jobId);
    expect(roundKey(again.job)).not.toBe(roundKey(first.job));
  });

  it('09-putevents-time-as-text is refused, as AWS does', () => {
    const put = () => ({ FailedEntryCount: 0, Entries: [] });
    const bus = { buses: [], rules: [], putEvents: put, emit: () => undefined, startSchedules: () => undefined };
    const { PutEvents } = eventBridge(bus);
    const input = read('09-putevents-time-as-text');
    expect(() => PutEvents?.(input)).toThrow(expect.objectContaining({ type: 'SerializationException' }));
    const [entry] = z.array(Case).parse(input.Entries);
    expect(PutEvents?.({ Entries: [{ ...entry, Time: 1_796_119_200 }] })).toEqual(put());
  });

  it('are all of them looked at', () => {
    const looked = readFileSync(import.meta.filename, 'utf8');
    expect(readdirSync(FOLDER).filter((file) => !looked.includes(file.replace('.json', '')))).toEqual([]);
  });
});
