import { runningTime } from './running-time.ts';
import { type Timer, TimerQueue } from './timer-queue.ts';

/** If it returns a promise, the clock is held until that settles; any other result is ignored. */
type Work = () => unknown;
/** The first tick of a schedule after a time. */
type Schedule = (afterMs: number) => number;

/** The one clock of the embedded system. All times are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `run` once at `timeMs`; at once (but never inside this call) if that time has passed. */
  at(timeMs: number, run: Work): Timer;
  /** Runs `run` after `ms`: a limit on work of this process. Time in which the process stood still does not count. */
  limit(ms: number, run: Work): Timer;
  /**
   * Runs `run` at every tick of a schedule. Ticks are redundant: of several ticks before the next timer a simulated
   * clock runs only the last, and ticks alone never keep it going.
   */
  every(schedule: Schedule, run: Work): void;
  /** Marks work in progress: simulated time stands still until the returned release is called. */
  hold(): () => void;
  /** Resolves when nothing holds the clock. Future timers do not count: an approval may wait for hours. */
  settled(): Promise<void>;
  /** Drops every timer and accepts no more; simulated time stands still from now on. */
  close(): void;
}

/** Longer waits are split up: setTimeout has a limit, and does not notice that a laptop slept. */
const LONGEST_TIMEOUT_MS = 60_000;
const NEVER: Timer = { cancel: () => undefined };

/** Lets pending promise chains and immediates finish. Two turns, because ours may run first within one. */
export const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

interface Recurring {
  next: number;
  readonly schedule: Schedule;
  readonly run: Work;
}

/**
 * What all clocks share. `changed` is called when a timer is added, after timers have run, and when the last hold is
 * released.
 */
export function clockCore(now: () => number, changed: () => void) {
  const timers = new TimerQueue<Work>();
  const recurring: Recurring[] = [];
  let holds = 0;
  let closed = false;
  let waiters: (() => void)[] = [];

  /** One turn later: a result that has just arrived may begin the next step. */
  const wake = () =>
    setImmediate(() => {
      if (holds > 0) return;
      for (const resolve of waiters) resolve();
      waiters = [];
    });
  const hold = () => {
    let held = true;
    holds += 1;
    return () => {
      if (!held) return;
      held = false;
      holds -= 1;
      if (holds > 0) return;
      changed();
      if (waiters.length > 0) wake();
    };
  };
  /** A failing timer does not stop the others of the same instant; its error is not caught, which ends the process. */
  const invoke = async (run: Work) => {
    const release = hold();
    try {
      await run();
    } finally {
      release();
    }
  };
  const clock: Clock = {
    now,
    at(timeMs: number, run: Work): Timer {
      if (!Number.isFinite(timeMs)) throw new RangeError(`a timer needs a finite time, not ${timeMs}`);
      if (closed) return NEVER;
      const timer = timers.add(timeMs, run);
      changed();
      return timer;
    },
    limit: (ms: number, run: Work): Timer => clock.at(now() + ms, run),
    every(schedule: Schedule, run: Work): void {
      if (closed) return;
      recurring.push({ next: tickAfter(schedule, now()), schedule, run });
      changed();
    },
    hold,
    settled: () =>
      new Promise<void>((resolve) => {
        waiters.push(resolve);
        wake();
      }),
    close() {
      closed = true;
      timers.clear();
      recurring.length = 0;
    },
  };
  return {
    clock,
    isHeld: () => holds > 0,
    nextTimer: () => timers.nextTime(),
    /** When something is next due. Of the ticks up to `horizon` only the last counts. */
    next: (horizon = Number.NEGATIVE_INFINITY) =>
      recurring.reduce((first, entry) => Math.min(first, coveringTick(entry, horizon)), timers.nextTime()),
    /** After the clock was set back, a next tick may lie too far ahead. */
    pullIn() {
      for (const entry of recurring) entry.next = Math.min(entry.next, tickAfter(entry.schedule, now()));
    },
    /** Runs everything that is due. */
    run(horizon = Number.NEGATIVE_INFINITY) {
      for (const work of timers.due(now())) if (!closed) void invoke(work);
      for (const entry of recurring) {
        if (coveringTick(entry, horizon) > now()) continue;
        entry.next = tickAfter(entry.schedule, now());
        void invoke(entry.run);
      }
      changed();
    },
  };
}

function tickAfter(schedule: Schedule, after: number): number {
  const tick = schedule(after);
  if (!(tick > after)) throw new RangeError(`a schedule must go forward: ${tick} does not follow ${after}`);
  return tick;
}

/** The next tick, or the last one up to `limit` if there are several. */
function coveringTick({ next, schedule }: Recurring, limit: number): number {
  let tick = next;
  for (let following = next; following <= limit; following = tickAfter(schedule, tick)) tick = following;
  return tick;
}

/** Wall-clock time. */
export function realClock(): Clock {
  let alarm: NodeJS.Timeout | undefined;
  let alarmAt = Number.POSITIVE_INFINITY;
  const running = runningTime();
  const { clock, next, run, pullIn } = clockCore(Date.now, () => {
    const due = next();
    // An alarm that rings too early finds nothing due and sets the next.
    if (due >= alarmAt) return;
    clearTimeout(alarm);
    alarmAt = due;
    const ring = () => {
      alarmAt = Number.POSITIVE_INFINITY;
      pullIn();
      run();
    };
    alarm = setTimeout(ring, Math.min(Math.max(due - Date.now(), 0), LONGEST_TIMEOUT_MS));
  });
  return {
    ...clock,
    limit: (ms, run) => ({ cancel: running.limit(ms, () => void clock.at(Date.now(), run)) }),
    close() {
      clock.close();
      running.close();
      clearTimeout(alarm);
    },
  };
}

interface SimulatedOptions {
  start: number;
  /** Simulated seconds per wall second; without it time jumps as fast as the work allows. */
  speed?: number | undefined;
  /** What `speed` is measured against; closed together with this clock. */
  wall?: Clock;
}

/**
 * Time that passes only while no work is in progress. When nothing holds the clock, it waits one turn of the event
 * loop, checks again, and jumps to the next timer; everything due at exactly that instant runs together. With `speed`
 * it also waits for the wall clock; a hold taken during that wait (a click from outside) sees the time that has
 * passed so far.
 */
export function simulatedClock({ start, speed, wall = realClock() }: SimulatedOptions): Clock {
  const wallStart = wall.now();
  let time = start;
  let stepping = false;
  let wait: { readonly until: number; readonly timer: Timer } | undefined;

  const allowed = () => (speed === undefined ? Number.POSITIVE_INFINITY : start + (wall.now() - wallStart) * speed);
  const now = () => (wait === undefined ? time : Math.max(time, Math.min(wait.until, allowed())));
  const stopWaiting = () => {
    time = now();
    wait?.timer.cancel();
    wait = undefined;
  };
  const poke = () => {
    stopWaiting();
    if (stepping || isHeld()) return;
    stepping = true;
    void turn().then(() => {
      stepping = false;
      if (!isHeld()) step();
    });
  };
  const { clock, isHeld, nextTimer, next, run } = clockCore(now, poke);
  const step = () => {
    const horizon = nextTimer();
    // Ticks alone do not keep the clock going.
    if (horizon === Number.POSITIVE_INFINITY) return;
    const instant = next(horizon);
    const fire = () => {
      wait = undefined;
      time = Math.max(time, instant);
      run(horizon);
    };
    if (speed === undefined || instant <= allowed()) return fire();
    wait = { until: instant, timer: wall.at(wallStart + (instant - start) / speed, fire) };
  };
  return {
    ...clock,
    hold() {
      stopWaiting();
      return clock.hold();
    },
    close() {
      stopWaiting();
      clock.close();
      wall.close();
    },
  };
}
