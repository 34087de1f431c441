import { TimerQueue } from './timer-queue.ts';

/** Work of a timer. Where it returns a promise, the clock is held until that has settled; anything else is ignored. */
export type Work = () => unknown;

export interface Timer {
  cancel(): void;
}

/** The one clock of the embedded system. All times are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `run` once at `timeMs`; at once (but never inside this call) where that has passed. */
  at(timeMs: number, run: Work): Timer;
  /**
   * Runs `run` at every tick of a schedule; `next` gives the first tick after a time. Ticks cover each other: a
   * simulated clock runs only the last of those that fall where nothing else is due. They never keep a run alive.
   */
  every(next: (afterMs: number) => number, run: Work): Timer;
  /** Says that work is going on: simulated time stands still until the returned release is called. */
  hold(): () => void;
  /** Resolves when nothing is held and no ordinary timer is left. */
  whenIdle(): Promise<void>;
  /** Drops every timer; nothing runs any more. */
  close(): void;
}

export interface SimulatedClock extends Clock {
  pause(): void;
  resume(): void;
}

export interface ManualClock extends Clock {
  /**
   * Moves time by `ms`, running everything due on the way, every tick included. Held or not: a test decides itself when
   * time passes.
   */
  advance(ms: number): Promise<void>;
}

interface Recurring {
  next: number;
  schedule: (afterMs: number) => number;
  run: Work;
}

/** setTimeout fires at once beyond 2^31 ms; longer waits are taken in steps. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** Lets promise chains and immediates that are already under way finish: two turns, since ours may come first in one. */
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

/** Holds, timers and waiters for idleness: what all clocks share. `changed` is told whenever any of it changes. */
function ledger(changed: () => void) {
  const timers = new TimerQueue<Work>();
  const recurring = new Set<Recurring>();
  let holds = 0;
  let waiters: (() => void)[] = [];
  const idle = () => holds === 0 && timers.size === 0;

  const settleIdle = async () => {
    if (waiters.length === 0 || !idle()) return;
    await turn();
    if (!idle()) return;
    const ready = waiters;
    waiters = [];
    for (const resolve of ready) resolve();
  };
  const touched = () => {
    void settleIdle();
    changed();
  };
  const hold = () => {
    let held = true;
    holds += 1;
    return () => {
      if (!held) return;
      held = false;
      holds -= 1;
      touched();
    };
  };
  return {
    timers,
    recurring,
    idle,
    hold,
    touched,
    isHeld: () => holds > 0,
    add(timeMs: number, run: Work): Timer {
      if (!Number.isFinite(timeMs)) throw new RangeError(`a timer needs a finite time, not ${timeMs}`);
      const entry = timers.add(timeMs, run);
      touched();
      return {
        cancel: () => {
          timers.cancel(entry);
          touched();
        },
      };
    },
    addRecurring(now: number, schedule: (afterMs: number) => number, run: Work): Timer {
      const entry = { next: tickAfter(schedule, now), schedule, run };
      recurring.add(entry);
      touched();
      return { cancel: () => void recurring.delete(entry) };
    },
    /** One failing timer must not take the others of its instant with it; it still ends the process, as an uncaught error. */
    invoke(run: Work) {
      try {
        const result = run();
        if (result instanceof Promise) void result.finally(hold());
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    },
    whenIdle: () =>
      new Promise<void>((resolve) => {
        waiters.push(resolve);
        void settleIdle();
      }),
    clear() {
      timers.clear();
      recurring.clear();
      touched();
    },
  };
}

function tickAfter(schedule: (afterMs: number) => number, after: number): number {
  const tick = schedule(after);
  if (!(tick > after)) throw new RangeError(`a schedule must go forward: ${tick} does not follow ${after}`);
  return tick;
}

/** The last tick up to `limit`: it covers the earlier ones. Undefined where there is none. */
function lastTick(entry: Recurring, limit: number): number | undefined {
  if (entry.next > limit) return undefined;
  let tick = entry.next;
  for (let following = tickAfter(entry.schedule, tick); following <= limit; ) {
    tick = following;
    following = tickAfter(entry.schedule, tick);
  }
  return tick;
}

/** Wall-clock time. */
export function realClock(): Clock {
  const book = ledger(() => rearm());
  let armed: NodeJS.Timeout | undefined;
  const run = () => {
    for (const work of book.timers.due(Date.now())) book.invoke(work);
    for (const entry of book.recurring) {
      if (entry.next > Date.now()) continue;
      entry.next = tickAfter(entry.schedule, Date.now());
      book.invoke(entry.run);
    }
    book.touched();
  };
  const rearm = () => {
    clearTimeout(armed);
    const next = Math.min(book.timers.nextTime() ?? Infinity, ...[...book.recurring].map((entry) => entry.next));
    if (next === Infinity) return;
    armed = setTimeout(run, Math.min(Math.max(next - Date.now(), 0), LONGEST_TIMEOUT_MS));
  };
  return {
    now: () => Date.now(),
    at: book.add,
    every: (next, work) => book.addRecurring(Date.now(), next, work),
    hold: book.hold,
    whenIdle: book.whenIdle,
    close: book.clear,
  };
}

export interface SimulatedOptions {
  start: number;
  /** Simulated seconds per wall second; without it time jumps as fast as the work allows. */
  speed?: number | undefined;
  /** What `speed` is measured against. */
  wall?: Clock | undefined;
}

/**
 * Time that passes only while nobody works. When nothing is held it lets one turn of the event loop settle, looks again,
 * and jumps to the next timer; everything due at exactly that instant runs together. With `speed` it also waits for the
 * wall clock, and whoever takes a hold meanwhile (a click from outside) finds the time that has passed until then.
 */
export function simulatedClock({ start, speed, wall = realClock() }: SimulatedOptions): SimulatedClock {
  let time = start;
  let paused = false;
  let closed = false;
  let stepping = false;
  let wait: { timer: Timer; until: number } | undefined;
  let anchor = { time: start, wall: wall.now() };
  const book = ledger(() => poke());

  const elapsed = () => anchor.time + (wall.now() - anchor.wall) * (speed ?? 0);
  const now = () => (wait === undefined ? time : Math.max(time, Math.min(wait.until, elapsed())));
  const stopWaiting = () => {
    time = now();
    wait?.timer.cancel();
    wait = undefined;
  };
  const poke = () => {
    if (wait !== undefined) stopWaiting();
    if (stepping || closed || paused || book.isHeld()) return;
    stepping = true;
    void turn().then(() => {
      stepping = false;
      step();
    });
  };
  const step = () => {
    if (closed || paused || book.isHeld()) return;
    const horizon = book.timers.nextTime();
    if (horizon === undefined) return;
    const ticks = [...book.recurring].map((entry) => ({ entry, tick: lastTick(entry, horizon) }));
    const instant = Math.min(horizon, ...ticks.map(({ tick }) => tick ?? Infinity));
    if (speed !== undefined && instant > elapsed()) {
      const due = anchor.wall + (instant - anchor.time) / speed;
      wait = {
        until: instant,
        timer: wall.at(due, () => {
          wait = undefined;
          fire(instant);
        }),
      };
      return;
    }
    fire(instant);
  };
  /** Fires every collapsed tick of the instant together with its timers; a tick that was overtaken runs now. */
  const fire = (instant: number) => {
    const horizon = book.timers.nextTime() ?? instant;
    time = Math.max(time, instant);
    for (const work of book.timers.due(time)) book.invoke(work);
    for (const entry of book.recurring) {
      const tick = lastTick(entry, horizon);
      if (tick === undefined || tick > time) continue;
      entry.next = tickAfter(entry.schedule, Math.max(tick, time));
      book.invoke(entry.run);
    }
    book.touched();
  };
  return {
    now,
    at: book.add,
    every: (next, work) => book.addRecurring(now(), next, work),
    hold() {
      if (wait !== undefined) stopWaiting();
      return book.hold();
    },
    whenIdle: book.whenIdle,
    pause() {
      if (wait !== undefined) stopWaiting();
      paused = true;
    },
    resume() {
      paused = false;
      anchor = { time, wall: wall.now() };
      poke();
    },
    close() {
      closed = true;
      if (wait !== undefined) stopWaiting();
      book.clear();
    },
  };
}

/** Time that a test moves by hand. */
export function manualClock(start: number): ManualClock {
  let time = start;
  const book = ledger(() => undefined);
  const nextInstant = () =>
    Math.min(book.timers.nextTime() ?? Infinity, ...[...book.recurring].map((entry) => entry.next));
  return {
    now: () => time,
    at: book.add,
    every: (next, work) => book.addRecurring(time, next, work),
    hold: book.hold,
    whenIdle: book.whenIdle,
    close: book.clear,
    async advance(ms) {
      const target = time + ms;
      await turn();
      for (let instant = nextInstant(); instant <= target; instant = nextInstant()) {
        time = Math.max(time, instant);
        for (const work of book.timers.due(time)) book.invoke(work);
        for (const entry of book.recurring) {
          if (entry.next > time) continue;
          entry.next = tickAfter(entry.schedule, entry.next);
          book.invoke(entry.run);
        }
        book.touched();
        await turn();
      }
      time = target;
    },
  };
}
