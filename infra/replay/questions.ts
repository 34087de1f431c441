import { type AskPlaces, NO_QUESTIONS, whyNotAsk, withQuestion } from '../../functions/domain/asking.ts';
import type { ClusterConfig } from '../../schemas/config.ts';

/**
 * The places for questions in a back-test: a place is freed when the job starts or its approval expires; nobody ever answers.
 */
export class Questions {
  private places: AskPlaces = NO_QUESTIONS;
  private asked = 0;
  private readonly config: Pick<ClusterConfig, 'asking' | 'approvalTtlSeconds'>;

  constructor(config: Pick<ClusterConfig, 'asking' | 'approvalTtlSeconds'>) {
    this.config = config;
  }

  /** Why nobody can be asked about a tier at `now` seconds, as a sentence; null if there is a place. */
  whyNot(tier: number, now: number): string | null {
    return whyNotAsk(this.places, { id: String(this.asked), tier }, this.config.asking, 1000 * now);
  }

  /** Takes a place. @param waits how long the job waits, infinity if unknown */
  ask(tier: number, now: number, waits: number): void {
    const until = 1000 * (now + Math.min(waits, this.config.approvalTtlSeconds));
    this.places = withQuestion(this.places, { id: String(this.asked), tier, until }, 1000 * now);
    this.asked += 1;
  }
}
