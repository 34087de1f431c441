import type { Clock, Timer, Work } from './clock.ts';

/** A clock whose work is counted and whose timers end with the system that set them. */
export interface ScopedClock extends Clock {
  /** Resolves when nothing is being worked on now. Timers of the future do not count: an approval may wait for hours. */
  settled(): Promise<void>;
}

const NEVER: Timer = { cancel: () => {} };

/**
 * Wraps the one clock of the machine for one system. `close` drops the system's own timers and holds and nobody
 * else's; what is asked of it later is not done.
 */
export function scopedClock(clock: Clock): ScopedClock {
  const timers = new Set<Timer>();
  const holds = new Set<() => void>();
  let waiters: (() => void)[] = [];
  let closed = false;

  const wake = () => {
    // One turn later: what was just answered may begin the next step.
    setImmediate(() => {
      if (holds.size > 0) return;
      const ready = waiters;
      waiters = [];
      for (const resolve of ready) resolve();
    });
  };
  const hold = () => {
    if (closed) return () => {};
    const release = clock.hold();
    const releaseOnce = () => {
      if (!holds.delete(releaseOnce)) return;
      release();
      wake();
    };
    holds.add(releaseOnce);
    return releaseOnce;
  };
  const held = async (run: Work) => {
    const release = hold();
    try {
      await run();
    } finally {
      release();
    }
  };
  const tracked = (timer: Timer): Timer => {
    const own = {
      cancel: () => {
        timers.delete(own);
        timer.cancel();
      },
    };
    timers.add(own);
    return own;
  };

  return {
    now: () => clock.now(),
    at(timeMs, run) {
      if (closed) return NEVER;
      const timer = tracked(
        clock.at(timeMs, () => {
          timers.delete(timer);
          return held(run);
        }),
      );
      return timer;
    },
    every: (next, run) => (closed ? NEVER : tracked(clock.every(next, () => held(run)))),
    hold,
    whenIdle: () => clock.whenIdle(),
    settled: () =>
      new Promise((resolve) => {
        waiters.push(resolve);
        wake();
      }),
    close() {
      closed = true;
      for (const timer of [...timers]) timer.cancel();
      for (const release of [...holds]) release();
    },
  };
}
