import { severityOf } from '../../functions/domain/calibration/drift.ts';
import type { CalibrationState } from '../../functions/domain/calibration/state.ts';
import { earnedTier } from '../../functions/domain/calibration/tiers.ts';

/** More points than a screen has room for say nothing more. */
const MOST_POINTS = 400;
/** The slow numbers are looked at this often: a detector does not rise and fall within so few jobs. */
const EVERY = 16;

/** What happened in a stretch of consecutive jobs. */
export interface Point {
  from: number;
  to: number;
  jobs: number;
  autonomous: number;
  notify: number;
  executed: number;
  harmful: number;
  tokensLow: number;
  /** Largest mean of each e-process. */
  harm: number;
  served: number;
  raw: number;
  tier: number;
  drift: number;
  /** As of the end of the stretch; NaN before there is any. */
  ece: number;
  lower: number;
  upper: number;
}

/**
 * A stream in at most 400 stretches of equally many jobs, however long it gets: when there are too many, each two become
 * one.
 */
export class Timeline {
  private points: Point[] = [];
  private perPoint = 1;
  private seen = 0;

  /** Notes one decision. */
  add(state: CalibrationState, at: number, scope: string, executed: boolean, harmful: boolean, tokens: number): void {
    let point = this.points.at(-1);
    if (point === undefined || point.jobs === this.perPoint) {
      if (this.points.length === MOST_POINTS) this.halve();
      point = this.points.at(-1);
      if (point === undefined || point.jobs === this.perPoint) {
        point = emptyPoint(at);
        this.points.push(point);
      }
    }
    point.jobs += 1;
    point.to = at;
    if (scope === 'autonomous') point.autonomous += 1;
    else if (scope === 'notify') point.notify += 1;
    if (executed) point.executed += 1;
    if (harmful) point.harmful += 1;
    if (tokens < point.tokensLow) point.tokensLow = tokens;
    if (point.jobs === 1 || this.seen % EVERY === 0) look(state, point);
    this.seen += 1;
  }

  get all(): readonly Point[] {
    return this.points;
  }

  private halve(): void {
    const halved: Point[] = [];
    for (let i = 0; i < this.points.length; i += 2) {
      const [one, other] = [this.points[i], this.points[i + 1]];
      if (one === undefined) continue;
      halved.push(other === undefined ? one : together(one, other));
    }
    this.points = halved;
    this.perPoint *= 2;
  }
}

function emptyPoint(at: number): Point {
  const counts = { jobs: 0, autonomous: 0, notify: 0, executed: 0, harmful: 0 };
  const none = { ece: Number.NaN, lower: Number.NaN, upper: Number.NaN };
  return { from: at, to: at, ...counts, tokensLow: 1e9, harm: 0, served: 0, raw: 0, tier: 0, drift: 0, ...none };
}

function look(state: CalibrationState, point: Point): void {
  point.harm = Math.max(point.harm, meanOf(state.harm));
  point.served = Math.max(point.served, meanOf(state.served));
  point.raw = Math.max(point.raw, meanOf(state.raw));
  point.tier = earnedTier(state);
  point.drift = Math.max(point.drift, severityOf(state.drift));
  if (state.recent === null) return;
  point.ece = state.recent.ece;
  point.lower = state.recent.lower;
  point.upper = state.recent.upper;
}

function meanOf(statistics: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < statistics.length; i++) sum += statistics[i] ?? 0;
  return sum / statistics.length;
}

/** Two neighbouring points as one: counts added, the worst of either, the rest as it was in the end. */
export function together(one: Point, other: Point): Point {
  return {
    ...other,
    from: one.from,
    jobs: one.jobs + other.jobs,
    autonomous: one.autonomous + other.autonomous,
    notify: one.notify + other.notify,
    executed: one.executed + other.executed,
    harmful: one.harmful + other.harmful,
    tokensLow: Math.min(one.tokensLow, other.tokensLow),
    harm: Math.max(one.harm, other.harm),
    served: Math.max(one.served, other.served),
    raw: Math.max(one.raw, other.raw),
    drift: Math.max(one.drift, other.drift),
  };
}
