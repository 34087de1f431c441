import type { RowStatus } from '../../schemas/items/job.ts';
import type { Outline } from '../../schemas/items/listing.ts';
import type { Fatigue } from './fatigue.ts';
import { count, decidedFacts, type Figures, noFigures } from './figures.ts';

/** What became of one cluster's jobs on one day, and why calls were withheld. */
export interface Day {
  readonly figures: Figures;
  /** By the first rule that applied, most frequent first. */
  readonly reasons: readonly { readonly code: string; readonly times: number; readonly example: string }[];
}

/** What a day counts of one job. */
export interface DayRow {
  readonly outline: Outline | null;
  /** Null while it is open. */
  readonly status: RowStatus | null;
}

/** Counts a day. A job that called for nothing is not withheld. */
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

/** Whether a day is worth a message: without calls that day and without recent answers there is nothing to report. */
export function isNews({ figures }: Day, people: readonly Fatigue[]): boolean {
  return figures.jobs !== figures.parts.nothingNeeded || people.length > 0;
}
