import type { Assembly } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { Bus } from './bus.ts';
import type { Deliver } from './delivery.ts';
import { parseExpression } from './schedule-expression.ts';

interface ScheduleOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly bus: Bus;
  readonly deliver: Deliver;
}

/** Starts every enabled schedule: rules with an expression, and EventBridge Scheduler's. They end with the clock. */
export function startSchedules(
  { rules, schedules }: Pick<Assembly, 'rules' | 'schedules'>,
  { clock, newId, bus, deliver }: ScheduleOptions,
): void {
  const start = (expression: string, timezone: string, run: (at: number) => void) => {
    const next = parseExpression(expression, timezone);
    clock.every(
      (after) => next(after) ?? Number.POSITIVE_INFINITY,
      () => run(clock.now()),
    );
  };
  for (const rule of rules) {
    if (rule.enabled && rule.schedule !== null) start(rule.schedule, 'UTC', () => bus.tick(rule));
  }
  for (const { enabled, expression, timezone, arn, target } of schedules) {
    if (!enabled) continue;
    start(expression, timezone, (at) => {
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
