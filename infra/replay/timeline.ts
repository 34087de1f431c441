import { severityOf } from '../../functions/domain/calibration/drift.ts';
import { freeOf, type Purse } from '../../functions/domain/calibration/purse.ts';
import type { CalibrationState } from '../../functions/domain/calibration/state.ts';
import type { Chosen } from '../../functions/domain/choose-tier.ts';
import { TOKEN } from '../../functions/domain/thresholds.ts';
import { earnedTier } from '../../functions/domain/tiers.ts';
import type { ClusterConfig } from '../../schemas/config.ts';
import type { Row } from './import/row.ts';

/** More points than fit on a screen add nothing. */
const MOST_POINTS = 400;
/** The slow numbers are sampled this often: a detector does not rise and fall within so few jobs. */
const EVERY = 64;

/** What happened in a stretch of consecutive jobs. */
export interface Point {
  from: number;
  to: number;
  jobs: number;
  calls: number;
  /** Of the calls; what is left was withheld. */
  acted: number;
  heldOut: number;
  asked: number;
  /** Jobs acted on that really waited long. */
  right: number;
  /** Jobs acted on whose label is unknown. */
  unknown: number;
  longWaits: number;
  /** Fewest free tokens of each tier. */
  tokensLow: [number, number, number, number];
  /** Largest mean of each e-process. */
  served: number;
  raw: number;
  tier: number;
  drift: number;
  /** As of the end of the stretch; NaN before there is any. */
  ece: number;
  lower: number;
  upper: number;
}

/** Where a stream stands. */
interface Standing {
  readonly state: CalibrationState;
  readonly purse: Purse;
  readonly rules: { readonly config: ClusterConfig };
}

/**
 * A stream in at most 400 stretches of equally many jobs, however long it gets: when there are too many, neighbours are merged
 * in pairs.
 */
export class Timeline {
  private points: Point[] = [];
  private perPoint = 1;
  private seen = 0;

  /** Records one decision. */
  add(
    standing: Standing,
    { submittedAt, longWait, censored }: Row,
    called: number,
    chosen: Chosen,
    asked: boolean,
  ): void {
    let point = this.points.at(-1);
    if (point === undefined || point.jobs === this.perPoint) {
      if (this.points.length === MOST_POINTS) this.halve();
      point = this.points.at(-1);
      if (point === undefined || point.jobs === this.perPoint) {
        point = emptyPoint(submittedAt);
        this.points.push(point);
      }
    }
    point.jobs += 1;
    point.to = submittedAt;
    const long = censored ? null : longWait;
    if (long) point.longWaits += 1;
    if (called > 0) noteCall(point, standing, chosen, asked, long);
    // A stretch without calls has tokens too.
    else if (point.jobs === 1) noteTokens(point, standing.state, standing.purse);
    if (this.looksNext) look(standing, point);
    else if (point.jobs === 1) takeOver(this.points.at(-2), point);
    this.seen += 1;
  }

  /** Whether the slow numbers are sampled at the next job. */
  get looksNext(): boolean {
    return this.seen % EVERY === 0;
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
  const counts = { jobs: 0, calls: 0, acted: 0, heldOut: 0, asked: 0, right: 0, unknown: 0, longWaits: 0 };
  const none = { ece: Number.NaN, lower: Number.NaN, upper: Number.NaN };
  return {
    from: at,
    to: at,
    ...counts,
    tokensLow: [1e9, 1e9, 1e9, 1e9],
    served: 0,
    raw: 0,
    tier: 0,
    drift: 0,
    ...none,
  };
}

function noteCall(
  point: Point,
  { state, purse }: Standing,
  chosen: Chosen,
  asked: boolean,
  longWait: boolean | null,
): void {
  point.calls += 1;
  if (chosen.heldOut) point.heldOut += 1;
  else if (chosen.tier > 0) {
    point.acted += 1;
    if (longWait === null) point.unknown += 1;
    else if (longWait) point.right += 1;
  } else if (asked) point.asked += 1;
  noteTokens(point, state, purse);
}

function noteTokens({ tokensLow }: Point, state: CalibrationState, purse: Purse): void {
  for (let i = 0; i < 4; i++) {
    const free = freeOf(state, purse, i) / TOKEN;
    if (free < (tokensLow[i] ?? 0)) tokensLow[i] = free;
  }
}

function look({ state, purse, rules }: Standing, point: Point): void {
  noteTokens(point, state, purse);
  point.served = Math.max(point.served, meanOf(state.served));
  point.raw = Math.max(point.raw, meanOf(state.raw));
  point.tier = earnedTier(state, rules.config);
  point.drift = Math.max(point.drift, severityOf(state.driftNow));
  if (state.evaluation === null) return;
  point.ece = state.evaluation.ece;
  point.lower = state.evaluation.lower;
  point.upper = state.evaluation.upper;
}

/** Until the next sample the slow numbers stay as they were. */
function takeOver(before: Point | undefined, point: Point): void {
  if (before === undefined) return;
  const { served, raw, tier, drift, ece, lower, upper } = before;
  Object.assign(point, { served, raw, tier, drift, ece, lower, upper });
}

function meanOf(statistics: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < statistics.length; i++) sum += statistics[i] ?? 0;
  return sum / statistics.length;
}

/** Merges two neighbouring points: counts added, the worst of both, the rest as of the later one. */
export function together(one: Point, other: Point): Point {
  const low = (i: 0 | 1 | 2 | 3): number => Math.min(one.tokensLow[i], other.tokensLow[i]);
  return {
    ...other,
    from: one.from,
    jobs: one.jobs + other.jobs,
    calls: one.calls + other.calls,
    acted: one.acted + other.acted,
    heldOut: one.heldOut + other.heldOut,
    asked: one.asked + other.asked,
    right: one.right + other.right,
    unknown: one.unknown + other.unknown,
    longWaits: one.longWaits + other.longWaits,
    tokensLow: [low(0), low(1), low(2), low(3)],
    served: Math.max(one.served, other.served),
    raw: Math.max(one.raw, other.raw),
    drift: Math.max(one.drift, other.drift),
  };
}
