import { describe, expect, it } from 'vitest';
import { parseExpression, UnsupportedSchedule } from '../../../../infra/runtime/assembly/schedule-expression.ts';

// A Friday.
const START = Date.parse('2026-11-20T08:00:00Z');

describe('a schedule expression', () => {
  it.each([
    ['rate(1 minute)', '2026-11-20T08:01:00Z'],
    ['rate(2 hours)', '2026-11-20T10:00:00Z'],
    ['cron(* * * * ? *)', '2026-11-20T08:01:00Z'],
    ['cron(0 8 * * ? *)', '2026-11-21T08:00:00Z'],
    ['cron(30 9 ? * 2 *)', '2026-11-23T09:30:00Z'],
    ['cron(30 9 ? * MON-FRI *)', '2026-11-20T09:30:00Z'],
    ['cron(0 0 1 JAN ? 2028)', '2028-01-01T00:00:00Z'],
  ])('%s comes next at %s', (expression, next) => {
    expect(parseExpression(expression)(START)).toBe(Date.parse(next));
  });

  it('ends when its years are over', () => {
    expect(parseExpression('cron(0 0 1 1 ? 2020)')(START)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    'rate(0 minutes)',
    'rate(5 weeks)',
    'at(2026-11-20T08:00:00)',
    'cron(0 8 * * *)',
    'cron(0 0 ? * 6#3 *)',
    'daily',
  ])('refuses %s by name', (expression) => {
    expect(() => parseExpression(expression)).toThrow(new UnsupportedSchedule(expression));
  });
});
