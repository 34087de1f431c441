import { TIERS } from '../../../functions/domain/thresholds.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import { shownScope } from '../../console/shown-scope.ts';
import type { Notice } from '../../console/views.ts';
import { evidenceText } from './evidence-text.ts';

/** Decisions in a row for which it has to be so before people hear of it: evidence at a limit flickers. */
const LASTING = 5;

export interface Said extends Pick<Notice, 'tone' | 'text'> {
  /** The tier that is new or back, whose outcomes say more; absent where none is. */
  readonly tier?: number;
}

/** The highest tier that a cluster may do on its own at the moment, tokens aside; 0 for none. */
export function autonomousTier({ scope, earnedTier }: Pick<Verdict, 'scope' | 'earnedTier'>): number {
  return scope === 'escalate' ? 0 : earnedTier;
}

/** Something that explains what comes after it. */
interface Mark {
  /** Stands after "41 jobs after": "it lost nodes". */
  readonly words: string;
  /** Jobs decided by then. */
  readonly jobs: number;
}

/**
 * Follows what one cluster may do on its own: what is earned, lost and regained, each in a sentence that says how many jobs it took.
 */
export class Milestones {
  readonly #clusterId: string;
  readonly #top: number;
  /** Jobs decided so far. */
  #jobs = 0;
  /** The tier that people believe it may do, and the highest that they ever heard of. */
  #announced = 0;
  #best = 0;
  /** What it has been for the last few decisions, and since which. */
  #now = { may: 0, since: 0 };
  #mark: Mark | null = null;

  /** @param top the highest tier that has something to do there: of what is beyond it nobody needs to hear */
  constructor(clusterId: string, top: number = TIERS.length) {
    this.#clusterId = clusterId;
    this.#top = top;
  }

  /** What happens is counted from here on. @param words stand after "41 jobs after": "it lost nodes" */
  mark(words: string): void {
    this.#mark = { words, jobs: this.#jobs };
  }

  /** Looks at the evidence of the next decision. @returns what is news about it; null where nothing is */
  observe(verdict: Verdict): Said | null {
    this.#jobs += 1;
    const may = Math.min(autonomousTier(verdict), this.#top);
    if (may !== this.#now.may) this.#now = { may, since: this.#jobs };
    if (may === this.#announced) return null;
    // A tier that was never there is news at once.
    if (may <= this.#best && this.#jobs - this.#now.since + 1 < LASTING) return null;
    return may > this.#announced ? this.#rise(may, verdict) : this.#fall(may, verdict);
  }

  #rise(may: number, verdict: Verdict): Said {
    const [before, best] = [this.#announced, this.#best];
    this.#announced = may;
    this.#best = Math.max(best, may);
    if (may > best) {
      const outcomes = `${verdict.n.toLocaleString('en')} outcomes`;
      const what = `has earned ${listed(TIERS.slice(Math.max(before, best), may))} after ${outcomes}`;
      return { tone: 'good', text: `${this.#clusterId} ${what}: ${evidenceText(verdict)}`, tier: may };
    }
    const back = TIERS.slice(before, may);
    const text = `${listed(back)} ${back.length === 1 ? 'is' : 'are'} back in ${this.#clusterId}${this.#after()}`;
    return { tone: 'good', text: `${text}: ${evidenceText(verdict)}` };
  }

  #fall(may: number, verdict: Verdict): Said {
    this.#announced = may;
    const left = may === 0 ? 'nothing' : `only ${listed(TIERS.slice(0, may))}`;
    const why = verdict.scope === 'escalate' ? verdict.reasons[0]?.message : undefined;
    const text = `${this.#clusterId} may ${may === 0 ? 'do ' : ''}${left} on its own now${this.#after()}`;
    const tone = shownScope(verdict) === 'learning' ? 'info' : may === 0 ? 'bad' : 'warn';
    return { tone, text: `${text}: ${why ?? evidenceText(verdict)}` };
  }

  #after(): string {
    if (this.#mark === null) return '';
    const jobs = Math.max(0, this.#now.since - 1 - this.#mark.jobs);
    return `, ${jobs.toLocaleString('en')} ${jobs === 1 ? 'job' : 'jobs'} after ${this.#mark.words}`;
  }
}

/** "a, b and c". */
function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}
