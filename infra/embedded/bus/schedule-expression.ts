import { Cron } from 'croner';

/** When something recurs: the first time strictly after the given one (epoch ms), or null when there is none. */
export type Recurrence = (afterMs: number) => number | null;

/** A schedule expression that this runtime cannot follow. */
export class UnsupportedSchedule extends Error {
  override readonly name = 'UnsupportedSchedule' as const;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Reads an AWS schedule expression: `rate(5 minutes)` or `cron(0 8 ? * MON-FRI *)`, where days of the week count
 * from 1 = Sunday. A time zone applies to cron only.
 * @throws UnsupportedSchedule naming the expression
 */
export function parseExpression(expression: string, timezone: string): Recurrence {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) {
    const period = Number(rate[1]) * (UNIT_MS[rate[2] ?? ''] ?? Number.NaN);
    if (period > 0) return (afterMs) => afterMs + period;
  }
  const cron = /^cron\((\S+ \S+ \S+ \S+ \S+ \S+)\)$/.exec(expression);
  if (cron?.[1] === undefined || /[LW#]/.test(cron[1].replace(/JUL|WED/g, '')))
    throw new UnsupportedSchedule(expression);
  const pattern = `0 ${cron[1].replaceAll('?', '*')}`;
  try {
    const job = new Cron(pattern, { timezone, paused: true, mode: '7-part', alternativeWeekdays: true });
    return (afterMs) => job.nextRun(new Date(afterMs))?.getTime() ?? null;
  } catch (cause) {
    throw new UnsupportedSchedule(expression, { cause });
  }
}
