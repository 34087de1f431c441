import { Cron } from 'croner';
import type { RuleSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Bus } from './bus.ts';

/** A schedule expression that this runtime cannot follow. */
export class UnsupportedSchedule extends Error {
  override readonly name = 'UnsupportedSchedule' as const;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Reads an AWS schedule expression: `rate(5 minutes)` or `cron(0 8 ? * MON-FRI *)` in UTC, where days of the week count
 * from 1 = Sunday.
 * @returns the first time strictly after the given one (epoch ms); infinity when there is none
 * @throws UnsupportedSchedule naming the expression
 */
export function parseExpression(expression: string): (afterMs: number) => number {
  const [, count, unit = ''] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count !== undefined) return (afterMs) => afterMs + Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  const cron = /^cron\((\S+ \S+ \S+ \S+ \S+ \S+)\)$/.exec(expression)?.[1];
  if (cron === undefined || /[LW#]/.test(cron.replace(/JUL|WED/g, ''))) throw new UnsupportedSchedule(expression);
  try {
    const options = { timezone: 'UTC', paused: true, mode: '7-part', alternativeWeekdays: true } as const;
    const job = new Cron(`0 ${cron.replaceAll('?', '*')}`, options);
    return (afterMs) => job.nextRun(new Date(afterMs))?.getTime() ?? Number.POSITIVE_INFINITY;
  } catch (cause) {
    throw new UnsupportedSchedule(expression, { cause });
  }
}

interface ScheduleOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly bus: Bus;
}

/**
 * Starts every enabled rule with a schedule; they end with the clock. Ticks that passed while the machine was off come
 * as one, late: a monitor that looks once has seen what the others would have.
 */
export function startSchedules(rules: readonly RuleSpec[], { clock, journal, bus }: ScheduleOptions): void {
  for (const rule of rules) {
    if (!rule.enabled || rule.schedule === null) continue;
    const { next } = rule.schedule;
    const key = `s${rule.arn}`;
    const tick = () => {
      journal.put(key, String(clock.now()));
      bus.tick(rule);
    };
    const [last] = journal.lines(key);
    if (last === undefined) journal.put(key, String(clock.now()));
    else if (next(Number(last)) <= clock.now()) clock.at(clock.now(), tick);
    clock.every(next, tick);
  }
}
