import type { Scope } from '../../schemas/primitives.ts';

export interface ScorePoint {
  at: string;
  score: number | null;
  scope: Scope;
}

/** Enough for a chart as wide as a card. */
const MOST_POINTS = 400;

/**
 * The score of each cluster over time, from the evidence of its decisions. Memory is bounded: when it is full, every
 * second point is dropped, and from then on only every second one is added.
 */
export class ScoreHistory {
  readonly #clusters = new Map<string, { points: ScorePoint[]; every: number; seen: number }>();

  add(clusterId: string, point: ScorePoint): void {
    const history = this.#clusters.get(clusterId) ?? { points: [], every: 1, seen: 0 };
    this.#clusters.set(clusterId, history);
    const last = history.points.at(-1);
    // A change of scope is always added: it is what people look for.
    if (history.seen++ % history.every !== 0 && last?.scope === point.scope) return;
    history.points.push(point);
    if (history.points.length <= MOST_POINTS) return;
    history.points = history.points.filter((_, index) => index % 2 === 0);
    history.every *= 2;
  }

  of(clusterId: string): ScorePoint[] {
    return this.#clusters.get(clusterId)?.points ?? [];
  }
}
