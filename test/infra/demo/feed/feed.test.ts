import { describe, expect, it } from 'vitest';
import { startFeed } from '../../../../infra/demo/feed/feeder.ts';
import { type CollectorEvent, timeline } from '../../../../infra/demo/feed/timeline.ts';
import type { TraceJob } from '../../../../infra/demo/feed/trace.ts';
import { simulatedClock } from '../../../../infra/runtime/clock/clock.ts';
import { JobCancelled, JobEnded, JobStarted, JobSubmitted } from '../../../../schemas/events/collector.ts';

const T0 = 1_700_000_000;
const job = (jobId: string, submit: number, wait: number, more: Partial<TraceJob> = {}): TraceJob => ({
  clusterId: 'c',
  platform: 'slurm',
  jobId,
  submittedAt: T0 + submit,
  end: 'started',
  waitSeconds: wait,
  runSeconds: null,
  gpus: 1,
  processors: 4,
  queue: 'gpu',
  pLongWait: null,
  predictedWaitSeconds: null,
  ...more,
});
const word = ({ type, detail }: CollectorEvent) => `${type.slice(3)} ${detail.jobId}`;
const told = (jobs: TraceJob[]) =>
  timeline(jobs).map(({ at, events }) => `${at / 1000 - T0}: ${events.map(word).join(', ')}`);

describe('the timeline of a trace', () => {
  it('tells outcomes of earlier jobs before a submission of the same second', () => {
    expect(told([job('a', 0, 10), job('b', 10, 5)])).toEqual([
      '0: Submitted a',
      '10: Started a',
      '10: Submitted b',
      '15: Started b',
    ]);
  });

  it('submits a job that never waits before it says that it started', () => {
    expect(told([job('a', 0, 0), job('b', 0, 0), job('c', 3, 0)])).toEqual([
      '0: Submitted a, Submitted b',
      '0: Started a, Started b',
      '3: Submitted c',
      '3: Started c',
    ]);
  });

  it('cancels censored jobs', () => {
    expect(told([job('a', 0, 7, { end: 'cancelled' })])).toEqual(['0: Submitted a', '7: Cancelled a']);
  });

  it('ends jobs whose run is known, but not after the last start', () => {
    const jobs = [job('a', 0, 1, { runSeconds: 4 }), job('b', 2, 20, { runSeconds: 100 })];
    expect(told(jobs)).toEqual(['0: Submitted a', '1: Started a', '2: Submitted b', '5: Ended a', '22: Started b']);
  });

  it('makes events of the schemas', () => {
    const schemas = { JobSubmitted, JobStarted, JobEnded, JobCancelled };
    const jobs = [job('a', 0, 1, { runSeconds: 1, queue: null }), job('b', 0.5, 9, { end: 'cancelled' })];
    for (const { events } of timeline(jobs)) {
      for (const { type, detail } of events) expect(schemas[type].safeParse(detail).error).toBeUndefined();
    }
  });
});

describe('the feeder', () => {
  it('does not pass a label before the decisions due before it have settled', async () => {
    const clock = simulatedClock({ start: T0 * 1000 });
    const seen: string[] = [];
    const feed = startFeed({
      clock,
      releases: timeline([job('a', 5, 0), job('b', 6, 0)]),
      publish: async (events) => {
        for (const event of events) seen.push(`${clock.now() / 1000 - T0} ${word(event)}`);
        // An execution: holds the clock from the put until it is decided, some turns later.
        const release = clock.hold();
        setImmediate(() =>
          setImmediate(() => {
            seen.push(`${clock.now() / 1000 - T0} settled`);
            release();
          }),
        );
      },
    });
    await feed.done;
    await clock.settled();
    expect(seen).toEqual([
      '5 Submitted a',
      '5 settled',
      '5 Started a',
      '5 settled',
      '6 Submitted b',
      '6 settled',
      '6 Started b',
      '6 settled',
    ]);
  });

  it('stops between two releases', async () => {
    const clock = simulatedClock({ start: T0 * 1000 });
    const seen: string[] = [];
    const feed = startFeed({
      clock,
      releases: timeline([job('a', 0, 10), job('b', 20, 5)]),
      publish: async (events) => {
        seen.push(...events.map(word));
        if (seen.length === 2) feed.stop();
      },
    });
    await feed.done;
    await new Promise<void>((resolve) => clock.at((T0 + 60) * 1000, resolve));
    expect(seen).toEqual(['Submitted a', 'Started a']);
  });

  it('fails when an event cannot be put', async () => {
    const clock = simulatedClock({ start: T0 * 1000 });
    const publish = () => Promise.reject(new Error('refused'));
    await expect(startFeed({ clock, releases: timeline([job('a', 0, 1)]), publish }).done).rejects.toThrow('refused');
  });
});
