import { count, type Figures, noFigures, roundFacts } from '../../functions/domain/figures.ts';
import { type Round, roundText } from '../../functions/domain/round.ts';
import { GATE } from '../../functions/domain/thresholds.ts';
import type { Records } from './records.ts';

/** Rows read per call at most, so that the page does not wait for a burst. */
const AT_ONCE = 300;

/**
 * The figures of this run's rounds with known labels: only for those can the reached share of long waits be computed. Each
 * row is read when its label is due, and not again once it has one.
 */
export class SettledRounds {
  readonly #waiting = new Map<string, Round>();
  readonly #clusters = new Map<string, Figures>();

  /** A decided round that will get a label. */
  note(round: Round): void {
    this.#waiting.set(roundText(round), round);
  }

  /**
   * Reads what is due.
   * @param longWaitSeconds T of a cluster
   * @param now on the system's clock, ms
   */
  async refresh(
    records: Pick<Records, 'rows'>,
    longWaitSeconds: (clusterId: string) => number,
    now: number,
  ): Promise<void> {
    const due: [string, Round][] = [];
    for (const [key, round] of this.#waiting) {
      if (due.length === AT_ONCE) break;
      const seconds = longWaitSeconds(round.clusterId) + GATE.labelGraceSeconds;
      if (Date.parse(round.submittedAt) + seconds * 1000 <= now) due.push([key, round]);
    }
    const rows = await records.rows(due.map(([, round]) => round));
    for (const [i, [key, round]] of due.entries()) {
      // Two concurrent calls count a row once.
      if (!this.#waiting.delete(key)) continue;
      const row = rows[i];
      if (row == null) continue;
      // Not labelled yet: other rows get their turn before it is read again.
      if (row.long_wait === undefined) this.#waiting.set(key, round);
      else count(this.#of(round.clusterId), roundFacts(row));
    }
  }

  of(clusterId: string): Readonly<Figures> {
    return this.#clusters.get(clusterId) ?? noFigures();
  }

  #of(clusterId: string): Figures {
    const figures = this.#clusters.get(clusterId) ?? noFigures();
    this.#clusters.set(clusterId, figures);
    return figures;
  }
}
