import { describe, expect, it, vi } from 'vitest';
import { type Clock, realClock, simulatedClock } from '../../../../infra/runtime/clock/clock.ts';
import { TimerQueue } from '../../../../infra/runtime/clock/timer-queue.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';

const MINUTE = 60_000;
const everyMinute = (after: number) => (Math.floor(after / MINUTE) + 1) * MINUTE;
const reached = (clock: Clock, timeMs: number) => new Promise<unknown>((resolve) => clock.at(timeMs, () => resolve(0)));
const turns = async (count = 20) => {
  for (let done = 0; done < count; done += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('the simulated clock', () => {
  it('jumps from timer to timer and keeps their order', async () => {
    const clock = simulatedClock({ start: 1_000 });
    const seen: string[] = [];
    clock.at(5_000, () => seen.push(`late ${clock.now()}`));
    clock.at(2_000, () => seen.push(`first ${clock.now()}`));
    clock.at(2_000, () => seen.push(`second ${clock.now()}`));
    await reached(clock, 5_000);
    expect(seen).toEqual(['first 2000', 'second 2000', 'late 5000']);
  });

  it('stands still while somebody holds it', async () => {
    const clock = simulatedClock({ start: 0 });
    const release = clock.hold();
    const second = clock.hold();
    let ran = false;
    clock.at(10, () => {
      ran = true;
    });
    await turns();
    second();
    second();
    await turns();
    expect([ran, clock.now()]).toEqual([false, 0]);
    release();
    await turns();
    expect([ran, clock.now()]).toEqual([true, 10]);
  });

  it('waits for a promise that a timer returns before time goes on', async () => {
    const clock = simulatedClock({ start: 0 });
    const seen: string[] = [];
    clock.at(1, async () => {
      await turns(10);
      seen.push(`work done at ${clock.now()}`);
    });
    clock.at(2, () => seen.push('next'));
    await reached(clock, 2);
    expect(seen).toEqual(['work done at 1', 'next']);
  });

  it('has settled when nothing is held, whatever waits for its time', async () => {
    const clock = simulatedClock({ start: 0, speed: 1, wall: manualClock(0) });
    clock.at(1_000_000, () => undefined);
    await clock.settled();
    const seen: string[] = [];
    const release = clock.hold();
    const settled = clock.settled().then(() => seen.push('settled'));
    await turns();
    seen.push('released');
    release();
    await settled;
    expect(seen).toEqual(['released', 'settled']);
  });

  it('drops a timer that another one of the same instant cancels', async () => {
    const clock = simulatedClock({ start: 0 });
    const seen: string[] = [];
    clock.at(1, () => second.cancel());
    const second = clock.at(1, () => seen.push('cancelled'));
    await reached(clock, 1);
    expect(seen).toEqual([]);
  });

  it('runs a timer of the past at once without turning time back', async () => {
    const clock = simulatedClock({ start: 100 });
    const seen: number[] = [];
    clock.at(50, () => seen.push(clock.now()));
    await reached(clock, 100);
    expect(seen).toEqual([100]);
  });

  it('runs only the last tick of a stretch in which nothing else is due', async () => {
    const clock = simulatedClock({ start: 0 });
    const ticks: number[] = [];
    clock.every(everyMinute, () => ticks.push(clock.now()));
    clock.at(10.5 * MINUTE, () => undefined);
    await reached(clock, 12 * MINUTE);
    expect(ticks).toEqual([10 * MINUTE, 12 * MINUTE]);
  });

  it('is not kept alive by recurring timers alone', async () => {
    const clock = simulatedClock({ start: 0 });
    const ticks: number[] = [];
    clock.every(everyMinute, () => ticks.push(clock.now()));
    await turns();
    expect([ticks, clock.now()]).toEqual([[], 0]);
  });

  it('refuses a schedule that does not go forward', () => {
    expect(() =>
      simulatedClock({ start: 0 }).every(
        (after) => after,
        () => undefined,
      ),
    ).toThrow(RangeError);
  });

  it('passes no faster than its speed allows', async () => {
    const wall = manualClock(0);
    const clock = simulatedClock({ start: 0, speed: 60, wall });
    const seen: number[] = [];
    clock.at(120_000, () => seen.push(clock.now()));
    await wall.advance(1_000);
    expect([seen, clock.now()]).toEqual([[], 60_000]);
    await wall.advance(1_000);
    expect(seen).toEqual([120_000]);
  });

  it('gives whoever comes in from outside the time that has passed until then', async () => {
    const wall = manualClock(0);
    const clock = simulatedClock({ start: 0, speed: 10, wall });
    clock.at(1_000_000, () => undefined);
    await wall.advance(5_000);
    const release = clock.hold();
    await wall.advance(60_000);
    expect(clock.now()).toBe(50_000);
    release();
  });

  it('runs the tick that somebody from outside has overtaken', async () => {
    const wall = manualClock(0);
    const clock = simulatedClock({ start: 0, speed: 1, wall });
    const seen: string[] = [];
    clock.every(everyMinute, () => seen.push(`tick ${clock.now()}`));
    clock.at(60 * MINUTE, () => seen.push('timer'));
    await wall.advance(10.2 * MINUTE);
    clock.at(10.5 * MINUTE, () => seen.push(`click ${clock.now()}`));
    await turns();
    await wall.advance(0.3 * MINUTE);
    expect(seen).toEqual([`tick ${10.2 * MINUTE}`, `click ${10.5 * MINUTE}`]);
  });

  it('stands still once it is closed, and takes no more timers', async () => {
    const wall = manualClock(0);
    const clock = simulatedClock({ start: 0, speed: 1, wall });
    const seen: string[] = [];
    clock.at(2_000, () => seen.push('before'));
    await wall.advance(1_000);
    clock.close();
    clock.at(1_000, () => seen.push('after'));
    clock.every(everyMinute, () => seen.push('tick'));
    await wall.advance(60_000);
    await turns();
    await clock.settled();
    expect([seen, clock.now()]).toEqual([[], 1_000]);
  });

  it('runs ten thousand timers in order', async () => {
    const clock = simulatedClock({ start: 0 });
    const seen: number[] = [];
    for (let i = 0; i < 10_000; i += 1) {
      const time = (i * 7919) % 10_007;
      clock.at(time, () => seen.push(clock.now()));
    }
    await reached(clock, 10_007);
    expect(seen).toHaveLength(10_000);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });
});

describe('the manual clock', () => {
  it('runs every timer and every tick on the way', async () => {
    const clock = manualClock(0);
    const seen: string[] = [];
    clock.every(everyMinute, () => seen.push(`tick ${clock.now()}`));
    clock.at(90_000, () => seen.push(`timer ${clock.now()}`));
    await clock.advance(2 * MINUTE);
    expect(seen).toEqual(['tick 60000', 'timer 90000', 'tick 120000']);
    expect(clock.now()).toBe(120_000);
  });
});

describe('the real clock', () => {
  it('runs timers of now, ticks when they come, and nothing after close', async () => {
    const clock = realClock();
    const seen: string[] = [];
    clock.at(clock.now(), () => seen.push('timer'));
    clock.at(clock.now() + 3_600_000, () => seen.push('never'));
    await new Promise<void>((resolve) => clock.every((after) => after + 1, resolve));
    clock.close();
    await clock.settled();
    expect(seen).toEqual(['timer']);
  });
});

describe('a queue of timers', () => {
  it('gives what is due in order, without what is cancelled meanwhile and what is added meanwhile', () => {
    const queue = new TimerQueue<string>();
    queue.add(5, 'late');
    queue.add(0, 'early');
    queue.add(20, 'not yet');
    const cancelled = queue.add(1, 'cancelled');
    const due = (): string[] => {
      const given: string[] = [];
      for (const value of queue.due(10)) {
        given.push(value);
        cancelled.cancel();
        // Sets itself again, before all the others.
        if (value === 'early') queue.add(0, 'early');
      }
      return given;
    };
    expect(due()).toEqual(['early', 'late']);
    expect(due()).toEqual(['early']);
    expect(queue.nextTime()).toBe(0);
  });

  it('runs none of an instant after one of them has closed the clock', async () => {
    const clock = manualClock(0);
    const ran: number[] = [];
    clock.at(1, () => clock.close());
    clock.at(1, () => ran.push(1));
    await clock.advance(1);
    expect(ran).toEqual([]);
  });
});

describe('a wall clock that is set back by a day', () => {
  it('goes on with its schedules', () => {
    vi.useFakeTimers();
    try {
      const clock = realClock();
      const ticks = vi.fn();
      clock.every((after) => after + 60_000, ticks);
      vi.setSystemTime(Date.now() - 86_400_000);
      vi.advanceTimersByTime(180_000);
      expect(ticks).toHaveBeenCalled();
      clock.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
