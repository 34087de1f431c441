import { Cron } from 'croner';

/** A schedule expression that this runtime does not support. */
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
