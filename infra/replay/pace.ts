import type { ClusterConfig } from '../../schemas/config.ts';
import type { Row } from './import/row.ts';

const HOUR = 3600;
/** Rows of rounds are kept for 180 days; effects on older ones are forgotten. */
const REMEMBERED = 180 * 86_400;

/** How far an action on a job is from its limits. */
interface Usage {
  coolingDown: boolean;
  usedThisHour: number;
}

/**
 * Interventions carried out: for the cooldown of an action on a job, for the cluster's actions in this hour, and because a job
 * resubmitted by our own effect is never acted on. Times in seconds.
 */
export class Pace {
  /** By job id, for jobs whose latest round was touched; oldest first. */
  private readonly touched = new Map<string, number>();
  /** By action and job id; oldest first. */
  private readonly cooling = new Map<string, number>();
  private hour = Number.NaN;
  private used = 0;
  private readonly limits: ClusterConfig['limits'];

  constructor(limits: ClusterConfig['limits']) {
    this.limits = limits;
  }

  /** Whether a round was caused by our own effect on the previous one; must be called for every round, in order. */
  isOwnEffect(row: Row): boolean {
    return this.touched.size > 0 && this.touched.delete(row.jobId());
  }

  /** How far an action on a job is from its limits at `now`. */
  look(jobId: string, action: string, now: number, into: Usage): void {
    const at = this.cooling.get(`${action} ${jobId}`);
    into.coolingDown = at !== undefined && now - at < this.limits.cooldownMinutes * 60;
    into.usedThisHour = this.hour === Math.floor(now / HOUR) ? this.used : 0;
  }

  carriedOut(jobId: string, action: string, now: number): void {
    const hour = Math.floor(now / HOUR);
    this.used = this.hour === hour ? this.used + 1 : 1;
    this.hour = hour;
    this.touched.delete(jobId);
    this.touched.set(jobId, now);
    const use = `${action} ${jobId}`;
    this.cooling.delete(use);
    this.cooling.set(use, now);
    this.forget(now);
  }

  private forget(now: number): void {
    for (const [use, at] of this.cooling) {
      if (now - at < this.limits.cooldownMinutes * 60) break;
      this.cooling.delete(use);
    }
    for (const [jobId, at] of this.touched) {
      if (now - at < REMEMBERED) break;
      this.touched.delete(jobId);
    }
  }
}
