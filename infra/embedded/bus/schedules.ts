import type { Assembly } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Bus } from './bus.ts';
import type { Deliver } from './delivery.ts';
import { parseExpression } from './schedule-expression.ts';

interface ScheduleOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly newId: () => string;
  readonly bus: Bus;
  readonly deliver: Deliver;
}

/**
 * Starts every enabled schedule: rules with an expression, and EventBridge Scheduler's. They end with the clock. Ticks
 * that passed while the machine was off come as one, late: a monitor that looks once has seen what the others would have.
 */
export function startSchedules(
  { rules, schedules }: Pick<Assembly, 'rules' | 'schedules'>,
  { clock, journal, newId, bus, deliver }: ScheduleOptions,
): void {
  const start = (arn: string, expression: string, timezone: string, run: (at: number) => void) => {
    const parsed = parseExpression(expression, timezone);
    const next = (after: number) => parsed(after) ?? Number.POSITIVE_INFINITY;
    const key = `s${arn}`;
    const tick = (at: number) => {
      journal.put(key, String(at));
      run(at);
    };
    const [last] = journal.lines(key);
    if (last === undefined) journal.put(key, String(clock.now()));
    else if (next(Number(last)) <= clock.now()) clock.at(clock.now(), () => tick(clock.now()));
    clock.every(next, () => tick(clock.now()));
  };
  for (const rule of rules) {
    if (rule.enabled && rule.schedule !== null) start(rule.arn, rule.schedule, 'UTC', () => bus.tick(rule));
  }
  for (const { enabled, expression, timezone, arn, target } of schedules) {
    if (!enabled) continue;
    start(arn, expression, timezone, (at) => {
      const eventId = newId();
      const payload = (target.json ?? '{}')
        .replaceAll('<aws.scheduler.schedule-arn>', arn)
        .replaceAll('<aws.scheduler.scheduled-time>', new Date(at).toISOString())
        .replaceAll('<aws.scheduler.execution-id>', eventId)
        .replaceAll('<aws.scheduler.attempt-number>', '1');
      deliver({ eventId, from: arn, target, payload, event: payload });
    });
  }
}
