import { TimerQueue } from '../../runtime/clock/timer-queue.ts';

/** The part of the one clock that the simulator needs. Times are ms since the epoch. */
export interface SimulatorClock {
  now(): number;
  at(timeMs: number, run: () => void): { cancel(): void };
}

/** A clock that runs as fast as it can, without promises, for training on a past period and for tests. */
export interface EventLoop extends SimulatorClock {
  /** Runs every timer due up to and including this time, in order; equal times in the order they were added. */
  runUntil(timeMs: number): void;
}

/** Creates an event loop that stands at `startMs` until it is run. */
export function eventLoop(startMs: number): EventLoop {
  const timers = new TimerQueue<() => void>();
  let now = startMs;
  return {
    now: () => now,
    at: (timeMs, run) => timers.add(Math.max(timeMs, now), run),
    runUntil(timeMs) {
      for (let next = timers.nextTime(); next <= timeMs; next = timers.nextTime()) {
        now = next;
        for (const run of timers.due(next)) run();
      }
      now = Math.max(now, timeMs);
    },
  };
}
