import type { RowStatus } from '../../schemas/items/job.ts';
import type { Outline } from '../../schemas/items/listing.ts';
import type { Fatigue } from './fatigue.ts';
import { count, decidedFacts, type Figures, noFigures } from './figures.ts';

/** What became of the jobs of one cluster on one day, and why what was called for was withheld. */
export interface Day {
  readonly figures: Figures;
  /** By the rule that came first, most frequent first. */
  readonly reasons: readonly { readonly code: string; readonly times: number; readonly example: string }[];
}

/** One job as far as a day counts it. */
export interface DayRow {
  readonly outline: Outline | null;
  /** Null while it is open. */
  readonly status: RowStatus | null;
}

/** Counts a day; what was not called for is not withheld. */
export function countDay(rows: Iterable<DayRow>): Day {
  const figures = noFigures();
  const reasons = new Map<string, { code: string; times: number; example: string }>();
  for (const { outline, status } of rows) {
    const facts = decidedFacts(outline, status);
    count(figures, facts);
    if (facts.part !== 'withheld') continue;
    const { code, message } = outline?.reason ?? { code: 'none', message: 'no rule was recorded' };
    const reason = reasons.get(code) ?? { code, times: 0, example: message };
    reasons.set(code, { ...reason, times: reason.times + 1 });
  }
  return { figures, reasons: [...reasons.values()].sort((a, b) => b.times - a.times) };
}

/** Whether a day is worth a message: a day on which nothing was called for, and nobody answered anything lately, is no news. */
export function isNews({ figures }: Day, people: readonly Fatigue[]): boolean {
  return figures.jobs !== figures.parts.nothingNeeded || people.length > 0;
}
