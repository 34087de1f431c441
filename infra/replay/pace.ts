import type { Limits } from '../../functions/domain/decision-rules.ts';
import type { ClusterConfig } from '../../schemas/config.ts';

const HOUR = 3600;

/** When each action was used, for cooldown and actions per hour. */
export class Pace {
  private readonly uses = new Map<string, { at: number; hour: number; count: number }>();
  private readonly limits: ClusterConfig['limits'];

  constructor(limits: ClusterConfig['limits']) {
    this.limits = limits;
  }

  /** What the gate is told about an action at `now` seconds. */
  look(action: string, now: number, into: Limits & { coolingDown: boolean; usedThisHour: number }): void {
    const use = this.uses.get(action);
    into.coolingDown = use !== undefined && now - use.at < this.limits.cooldownMinutes * 60;
    into.usedThisHour = use !== undefined && use.hour === Math.floor(now / HOUR) ? use.count : 0;
  }

  used(action: string, now: number): void {
    const hour = Math.floor(now / HOUR);
    const before = this.uses.get(action);
    this.uses.set(action, { at: now, hour, count: before?.hour === hour ? before.count + 1 : 1 });
  }
}
