import { describe, expect, it } from 'vitest';
import { deliverer } from '../../../../infra/runtime/bus/delivery.ts';
import { asyncInvoker } from '../../../../infra/runtime/functions/async-invocation.ts';
import { createFunctionHost } from '../../../../infra/runtime/functions/host.ts';
import { memoryJournal } from '../../../../infra/runtime/journal/journal.ts';
import { createQueues } from '../../../../infra/runtime/services/queues.ts';
import { createRetries, NotRetriable } from '../../../../infra/runtime/services/retries.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';

const spec = (name: string) => ({ name, arn: `arn:aws:sqs:us-east-1:000000000000:${name}`, retentionSeconds: 600 });

function counter(): () => string {
  let last = 0;
  return () => `id-${++last}`;
}

describe('a delivery', () => {
  const clock = manualClock(0);
  const attempt = (attempts: number, fail: (at: number) => unknown) => {
    const times: number[] = [];
    const given: number[] = [];
    const begin = createRetries({
      ...{ clock, journal: memoryJournal(), prefix: 'b', policy: () => ({ attempts, maxAgeSeconds: 86_400 }) },
      delayMs: (failed) => failed * 1000,
      parseWork: (kept) => kept,
      attempt: async () => {
        times.push(clock.now());
        await fail(clock.now());
      },
      exhausted: ({ attempts }) => given.push(attempts),
    });
    begin('one', null);
    return { times, given };
  };

  it('is tried again until it succeeds', async () => {
    const started = clock.now();
    const { times, given } = attempt(5, (at) => (at < started + 3000 ? Promise.reject(new Error('busy')) : undefined));
    await clock.advance(60_000);
    expect(times.map((time) => time - started)).toEqual([0, 1000, 3000]);
    expect(given).toEqual([]);
  });

  it('is given up after the attempts of its policy', async () => {
    const { times, given } = attempt(2, () => Promise.reject(new Error('busy')));
    await clock.advance(60_000);
    expect(times).toHaveLength(3);
    expect(given).toEqual([3]);
  });

  it('goes on after a restart with the attempts that it has made', async () => {
    const journal = memoryJournal();
    const times: number[] = [];
    const given: number[] = [];
    const start = (on: ReturnType<typeof manualClock>) =>
      createRetries<string>({
        ...{ clock: on, journal, prefix: 'b', policy: () => ({ attempts: 2, maxAgeSeconds: 86_400 }) },
        delayMs: (failed) => failed * 1000,
        parseWork: String,
        attempt: async () => {
          times.push(on.now());
          throw new Error('busy');
        },
        exhausted: ({ attempts }) => given.push(attempts),
      });
    const before = manualClock(0);
    start(before)('one', 'work');
    await before.advance(0);
    expect([times, given]).toEqual([[0], []]);

    const after = manualClock(5000);
    start(after);
    await after.advance(60_000);
    expect([times, given]).toEqual([[0, 5000, 7000], [3]]);
    expect(journal.keys('b')).toEqual([]);
  });

  it('is not tried again where that cannot help', async () => {
    const { given } = attempt(5, () => Promise.reject(new NotRetriable('gone')));
    await clock.advance(60_000);
    expect(given).toEqual([1]);
  });

  it('that reaches no machine ends in the dead-letter queue of its target, with the reason', async () => {
    const queues = createQueues([spec('dead')], { clock, newId: counter(), journal: memoryJournal(), log: () => {} });
    const reports: string[] = [];
    const deliver = deliverer({
      ...{ clock, journal: memoryJournal(), queues, invokeAsync: () => {}, report: (message) => reports.push(message) },
      startExecution: () => {
        throw new NotRetriable('no such machine');
      },
    });
    const target = {
      id: 'T',
      arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
      retry: { attempts: 9, maxAgeSeconds: 60 },
      constant: null,
    };
    deliver({
      eventId: 'e',
      from: 'rule',
      target: { ...target, roleArn: null, deadLetterArn: spec('dead').arn },
      event: '{"id":"e"}',
    });
    await clock.advance(0);
    expect(queues.peek('dead')).toMatchObject([
      {
        body: '{"id":"e"}',
        attributes: { RULE_ARN: 'rule', TARGET_ARN: target.arn, ERROR_MESSAGE: 'no such machine' },
      },
    ]);
    expect(reports).toEqual([expect.stringContaining('no such machine')]);
  });
});

describe('an invocation of a function that is gone after a restart', () => {
  it('is given up as its policy says and reported, where its dead-letter queue is gone too', async () => {
    const journal = memoryJournal();
    const lambda = { name: 'gone', arn: 'arn:aws:lambda:us-east-1:000000000000:function:gone' };
    const async = { attempts: 1, maxAgeSeconds: 600, deadLetterArn: spec('dead').arn };
    const pending = { work: { ...lambda, async, event: '{}' }, startedAt: 0, failed: 0, at: 0 };
    journal.put('aid', JSON.stringify(pending));
    const clock = manualClock(0);
    const reports: string[] = [];
    const environmentOf = () => ({});
    const host = createFunctionHost([], {
      ...{ clock, newId: counter(), environmentOf, log: () => {}, maxThreads: 1 },
      callerOf: () => async () => ({ status: 200, text: '{}' }),
    });
    const queues = createQueues([], { clock, newId: counter(), journal, log: () => {} });
    asyncInvoker({ host, journal, queues, clock, newId: counter(), report: (message) => reports.push(message) });
    await clock.advance(600_000);
    expect(reports).toEqual(['gone failed 2 times with ServiceException; its event is lost']);
    expect(journal.keys('a')).toEqual([]);
  });
});

describe('a queue', () => {
  it('keeps its messages in their order, and forgets what is older than it says', async () => {
    const clock = manualClock(0);
    const queues = createQueues([spec('q')], { clock, newId: counter(), journal: memoryJournal(), log: () => {} });
    queues.send('q', 'first');
    await clock.advance(600_000);
    queues.send('q', 'second');
    expect(queues.peek('q')).toMatchObject([{ body: 'first' }, { body: 'second' }]);
    await clock.advance(1000);
    expect(queues.peek('q')).toMatchObject([{ body: 'second' }]);
  });
});
