import { describe, expect, it } from 'vitest';
import { admit, admitOutcome } from '../../../functions/domain/admission.ts';
import { aJob, aSubmission, NOON } from '../../fixtures/builders.ts';
import { HOSTILE_TEXT } from '../../fixtures/hostile.ts';

const request = (over: Record<string, unknown>) => aSubmission({ request: { ...aJob().request, ...over } });
const without = (field: string) => {
  const event = aSubmission();
  return { ...event, detail: Object.fromEntries(Object.entries(event.detail).filter(([name]) => name !== field)) };
};
const withPrototype = JSON.parse(
  JSON.stringify(aSubmission()).replace('"jobId"', '"__proto__":{"executed":true},"jobId"'),
);

const inMilliseconds = ({ detail }: ReturnType<typeof aSubmission>) => new Date(detail.submittedAt).toISOString();

const REFUSED: [what: string, event: unknown, code: string][] = [
  ['null', null, 'notAnEvent'],
  ['undefined', undefined, 'notAnEvent'],
  ['a text', 'JobSubmitted', 'notAnEvent'],
  ['a number', 42, 'notAnEvent'],
  ['a list', [aSubmission()], 'notAnEvent'],
  ['an empty object', {}, 'notAnEvent'],
  ['a bare detail without its envelope', aJob(), 'notAnEvent'],
  ['another source', { ...aSubmission(), source: 'evil.collectors' }, 'notAnEvent'],
  ['another detail-type', { ...aSubmission(), 'detail-type': 'JobStarted' }, 'notAnEvent'],
  ['a detail that is text', { ...aSubmission(), detail: JSON.stringify(aJob()) }, 'notAnEvent'],
  ['a detail that is null', { ...aSubmission(), detail: null }, 'notAnEvent'],
  ['a detail that is a list', { ...aSubmission(), detail: [aJob()] }, 'notAnEvent'],
  ['version 0', aSubmission({ schemaVersion: 0 }), 'unknownVersion'],
  ['version 2', aSubmission({ schemaVersion: 2 }), 'unknownVersion'],
  ['version as text', aSubmission({ schemaVersion: '1' }), 'unknownVersion'],
  ['no version', without('schemaVersion'), 'unknownVersion'],
  ['no cluster', without('clusterId'), 'malformed'],
  ['no job', without('jobId'), 'malformed'],
  ['no platform', without('platform'), 'malformed'],
  ['no submission time', without('submittedAt'), 'malformed'],
  ['no request', without('request'), 'malformed'],
  ['an unknown platform', aSubmission({ platform: 'mesos' }), 'malformed'],
  ['a field that the contract does not have', aSubmission({ executed: true }), 'malformed'],
  ['a prototype as a field', withPrototype, 'malformed'],
  ['negative GPUs', request({ gpus: -1 }), 'malformed'],
  ['a million GPUs', request({ gpus: 1e6 }), 'malformed'],
  ['GPUs beyond any number', request({ gpus: 1e308 }), 'malformed'],
  ['GPUs that are not a number', request({ gpus: Number.NaN }), 'malformed'],
  ['endless GPUs', request({ gpus: Number.POSITIVE_INFINITY }), 'malformed'],
  ['GPUs as text', request({ gpus: '4' }), 'malformed'],
  ['GPUs as null', request({ gpus: null }), 'malformed'],
  ['negative memory', request({ memoryGb: -0.001 }), 'malformed'],
  ['negative CPU', request({ cpuMillis: -1 }), 'malformed'],
  ['a negative estimate', request({ estimatedMinutes: -5 }), 'malformed'],
  ['an estimate beyond 32 bits', request({ estimatedMinutes: 2 ** 32 }), 'malformed'],
  ['a distributed that is text', request({ distributed: 'yes' }), 'malformed'],
  ['an unknown part of the request', request({ tpu: 1 }), 'malformed'],
  ['a request that is a list', aSubmission({ request: [] }), 'malformed'],
  ['a priority that is text', aSubmission({ priority: 'high' }), 'malformed'],
  ['a priority beyond 32 bits', aSubmission({ priority: 2 ** 40 }), 'malformed'],
  ['a fractional priority', aSubmission({ priority: 0.5 }), 'malformed'],
  ['a time that is a number', aSubmission({ submittedAt: 1_763_640_000 }), 'malformed'],
  ['a time without a zone', aSubmission({ submittedAt: '2026-11-20T12:00:00' }), 'malformed'],
  ['a time in another zone', aSubmission({ submittedAt: '2026-11-20T12:00:00+01:00' }), 'malformed'],
  ['the 30th of February', aSubmission({ submittedAt: '2026-02-30T12:00:00Z' }), 'malformed'],
  ['a time before computers', aSubmission({ submittedAt: '1899-11-20T12:00:00Z' }), 'malformed'],
  ['a time in the next century', aSubmission({ submittedAt: '2126-11-20T12:00:00Z' }), 'malformed'],
  ['a time that is prose', aSubmission({ submittedAt: 'yesterday' }), 'malformed'],
  ['a submission six minutes ahead', aSubmission({ submittedAt: '2026-11-20T12:06:00Z' }), 'submittedInTheFuture'],
  ['a submission a year ahead', aSubmission({ submittedAt: '2027-11-20T12:00:00Z' }), 'submittedInTheFuture'],
  ['a job id that is a number', aSubmission({ jobId: 7 }), 'malformed'],
  ['a cluster id that is an object', aSubmission({ clusterId: { $ne: null } }), 'malformed'],
];

describe('admission', () => {
  it.each(REFUSED)('refuses %s', (_, event, code) => {
    expect(admit(event, NOON)).toMatchObject({ ok: false, code });
  });

  const named = Object.entries(HOSTILE_TEXT).filter(
    ([what]) => !['a prototype name', 'a constructor name'].includes(what),
  );
  it.each(named)('refuses %s as a job id', (_, text) => {
    expect(admit(aSubmission({ jobId: text }), NOON)).toMatchObject({ ok: false, code: 'malformed' });
  });
  it.each(named)('refuses %s as a cluster id', (_, text) => {
    expect(admit(aSubmission({ clusterId: text }), NOON)).toMatchObject({ ok: false, code: 'malformed' });
  });

  const invisible = [
    'a NUL',
    'a line break',
    'an escape sequence',
    'a right-to-left override',
    'a zero-width space',
    'a byte order mark',
    'half a surrogate pair',
    'an empty text',
    '300 KB',
  ];
  it.each(['user', 'queue', 'namespace', 'proposedAction'].flatMap((field) => invisible.map((what) => [what, field])))(
    'refuses %s as %s',
    (what, field) => {
      expect(admit(aSubmission({ [field]: HOSTILE_TEXT[what] }), NOON)).toMatchObject({ ok: false, code: 'malformed' });
    },
  );

  it('says which field is wrong without repeating what was in it', () => {
    const refusal = admit(aSubmission({ jobId: 'secret\u0000value' }), NOON);
    expect(refusal).toMatchObject({ ok: false, detail: expect.stringContaining('detail.jobId') });
    expect(JSON.stringify(refusal)).not.toContain('secret');
  });

  it('keeps the refusal short however much is wrong', () => {
    const detail = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, 'x']));
    expect(JSON.stringify(admit({ ...aSubmission(), detail }, NOON)).length).toBeLessThan(2_000);
  });

  it.each([
    ['a plain job', aSubmission()],
    ['visible text of any language', aSubmission({ user: 'Зоя', queue: '計算', namespace: 'naïve-🔥' })],
    ['text that is markup to somebody else', aSubmission({ queue: '<!channel> {% $x %}' })],
    ['a job called like a prototype', aSubmission({ jobId: '__proto__' })],
    ['a clock that is a little ahead', aSubmission({ submittedAt: '2026-11-20T12:05:00.000Z' })],
    ['a submission of last week, to be recorded', aSubmission({ submittedAt: '2026-11-13T12:00:00.000Z' })],
    ['half a GPU', request({ gpus: 0.5 })],
    ['the highest priority of 32 bits', aSubmission({ priority: 4_294_967_295 })],
    ['a time limit of eight thousand years', request({ estimatedMinutes: 4_294_967_295 })],
    ['a time with fractions', aSubmission({ submittedAt: '2026-11-20T11:59:59.123Z' })],
  ])('admits %s', (_, event) => {
    expect(admit(event, NOON)).toEqual({
      ok: true,
      source: 'vgac.collectors',
      job: { ...event.detail, submittedAt: inMilliseconds(event) },
    });
  });

  it.each(['user', 'queue', 'namespace', 'priority', 'proposedAction'])('takes null as %s for no %s', (field) => {
    const admission = admit(aSubmission({ [field]: null }), NOON);
    expect(admission.ok && Reflect.get(admission.job, field)).toBeUndefined();
    expect(admission.ok).toBe(true);
  });

  it.each(['gpuType', 'distributed', 'estimatedMinutes'])('takes null as %s of the request for none', (field) => {
    const admission = admit(request({ [field]: null }), NOON);
    expect(admission.ok && Reflect.get(admission.job.request, field)).toBeUndefined();
    expect(admission.ok).toBe(true);
  });

  it.each(['jobId', 'clusterId', 'submittedAt', 'request'])('takes null as %s for a mistake', (field) => {
    expect(admit(aSubmission({ [field]: null }), NOON)).toMatchObject({ ok: false });
  });

  it.each(['123_4', '123_[0-9%2]', '123'])('admits an array under its own id, also as %s', (jobId) => {
    expect(admit(aSubmission({ jobId }), NOON)).toMatchObject({ ok: true, job: { jobId: '123' } });
  });

  it('spells every instant of submission in one way', () => {
    const admission = admit(aSubmission({ submittedAt: '2026-11-20T12:00:00Z' }), NOON);
    const other = admit(aSubmission({ submittedAt: '2026-11-20T12:00:00.0Z' }), NOON);
    expect([admission, other].map((one) => one.ok && one.job.submittedAt)).toEqual([
      '2026-11-20T12:00:00.000Z',
      '2026-11-20T12:00:00.000Z',
    ]);
  });
});

const outcome = (type: string, detail: object) => ({
  source: 'vgac.collectors',
  'detail-type': type,
  detail: { schemaVersion: 1, clusterId: 'gpu-a', jobId: '123', ...detail },
});
/** Each type of outcome with its time. */
const OUTCOMES: [type: string, (at: string) => ReturnType<typeof outcome>][] = [
  ['JobStarted', (at) => outcome('JobStarted', { startedAt: at })],
  ['JobEnded', (at) => outcome('JobEnded', { endedAt: at, state: 'failed' })],
  ['JobCancelled', (at) => outcome('JobCancelled', { cancelledAt: at })],
];

describe('the admission of outcomes', () => {
  it.each(OUTCOMES)('takes %s up to five minutes ahead of the clock', (_, at) => {
    expect(admitOutcome(at('2026-11-20T12:05:00Z'), NOON)).toMatchObject({ ok: true });
    const refused = { ok: false, code: 'outcomeInTheFuture', detail: expect.stringMatching(/At is 300 s ahead/) };
    expect(admitOutcome(at('2026-11-20T12:05:00.001Z'), NOON)).toMatchObject(refused);
    expect(admitOutcome(at('2099-01-01T00:00:00Z'), NOON)).toMatchObject({ ok: false, code: 'outcomeInTheFuture' });
  });

  it.each(OUTCOMES)('refuses %s of a collector that stamps local time as UTC, and says what to write', (_, at) => {
    const refused = {
      ok: false,
      detail: expect.stringContaining('7200 s ahead of the clock: use UTC, not local time'),
    };
    expect(admitOutcome(at('2026-11-20T14:00:00Z'), NOON)).toMatchObject(refused);
  });

  it.each(OUTCOMES)('refuses %s from the archive that was ahead of the clock when it first came', (_, at) => {
    const told = at('2026-11-20T14:00:00Z');
    const days = new Date('2026-11-25T12:00:00Z');
    const replayed = (time: string) => admitOutcome({ ...told, time, 'replay-name': 'incident' }, days);
    expect(replayed('2026-11-20T12:00:00Z')).toMatchObject({ ok: false, code: 'outcomeInTheFuture' });
    expect(replayed('2026-11-20T14:00:00Z')).toMatchObject({ ok: true });
    // Of an event that comes for the first time the envelope says nothing: collectors write it as they like.
    expect(admitOutcome({ ...told, time: '2026-11-20T12:00:00Z' }, days)).toMatchObject({ ok: true });
  });

  it('refuses an outcome of a round that is yet to be submitted', () => {
    const event = outcome('JobStarted', { startedAt: '2026-11-20T12:00:00Z', submittedAt: '2026-11-20T14:00:00Z' });
    expect(admitOutcome(event, NOON)).toMatchObject({ ok: false, detail: expect.stringContaining('submittedAt') });
  });

  it('names the round where the event does, null or absent being no name', () => {
    const at = '2026-11-20T12:00:00Z';
    const started = (more: object) => admitOutcome(outcome('JobStarted', { startedAt: at, ...more }), NOON);
    expect(started({ submittedAt: '2026-11-20T11:00:00Z' })).toMatchObject({
      outcome: { jobId: '123', submittedAt: '2026-11-20T11:00:00.000Z', fact: { at: '2026-11-20T12:00:00.000Z' } },
    });
    expect(started({ submittedAt: null })).toMatchObject({ ok: true, outcome: { submittedAt: null } });
    expect(started({})).toMatchObject({ ok: true, outcome: { submittedAt: null } });
  });

  it.each([
    ['123_4', ['123', undefined, undefined]],
    ['123_[5-9%2]', ['123', '123', '123']],
    ['123', ['123', '123', '123']],
  ])('takes of %s the start for that of its array, and no end or cancellation of a single task', (jobId, expected) => {
    const joined = OUTCOMES.map(([, at]) => {
      const told = at('2026-11-20T12:00:00Z');
      const admission = admitOutcome({ ...told, detail: { ...told.detail, jobId } }, NOON);
      return admission.ok ? admission.outcome?.jobId : admission.detail;
    });
    expect(joined).toEqual(expected);
  });
});
