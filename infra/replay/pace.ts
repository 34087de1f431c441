import type { Limits } from '../../functions/domain/decision-rules.ts';
import type { ClusterConfig } from '../../schemas/config.ts';

const HOUR = 3600;

/** When actions were used: by job for the cooldown, and all together for the actions per hour. */
export class Pace {
  private readonly lastUses = new Map<string, number>();
  private readonly limits: ClusterConfig['limits'];
  private hour = Number.NaN;
  private count = 0;

  constructor(limits: ClusterConfig['limits']) {
    this.limits = limits;
  }

  /** What the gate is told about an action on a job at `now` seconds. */
  look(
    jobId: string,
    action: string,
    now: number,
    into: Limits & { coolingDown: boolean; usedThisHour: number },
  ): void {
    const last = this.lastUses.get(`${action} ${jobId}`);
    into.coolingDown = last !== undefined && now - last < this.limits.cooldownMinutes * 60;
    into.usedThisHour = this.hour === Math.floor(now / HOUR) ? this.count : 0;
  }

  used(jobId: string, action: string, now: number): void {
    const hour = Math.floor(now / HOUR);
    this.count = this.hour === hour ? this.count + 1 : 1;
    this.hour = hour;
    this.lastUses.set(`${action} ${jobId}`, now);
  }
}
