import { type Point, together } from '../timeline.ts';

/** Shares over fewer jobs than this are only noise. */
const MOST_GROUPS = 80;

/** A stretch of a stream with the number of jobs before its middle: where it is drawn. */
export interface Placed extends Point {
  readonly at: number;
}

/** Points of the timeline at their places. */
export function placed(points: readonly Point[]): Placed[] {
  let before = 0;
  return points.map((point) => {
    const at = before + point.jobs / 2;
    before += point.jobs;
    return { ...point, at };
  });
}

/** Merges neighbouring points into at most 80, for charts of shares. */
export function grouped(points: readonly Point[]): Placed[] {
  const size = Math.max(1, Math.ceil(points.length / MOST_GROUPS));
  const groups: Point[] = [];
  for (let i = 0; i < points.length; i += size) {
    const [first, ...rest] = points.slice(i, i + size);
    if (first !== undefined) groups.push(rest.reduce(together, first));
  }
  return placed(groups);
}

export function jobsIn(points: readonly Point[]): number {
  return points.reduce((sum, { jobs }) => sum + jobs, 0);
}
