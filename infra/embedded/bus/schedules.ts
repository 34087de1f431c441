import type { RuleSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Bus } from './bus.ts';

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
