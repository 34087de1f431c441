import type { Decision } from '../../schemas/decision.ts';

/** What was withheld on one cluster, and how often for which first reason. */
export interface Withheld {
  decided: number;
  withheld: number;
  /** Most frequent first. */
  reasons: { code: string; times: number; example: string }[];
}

/** Counts the statements that were withheld, by the rule that came first; a decision not to speak is not one of them. */
export function countWithheld(decisions: Iterable<Pick<Decision, 'next' | 'reasons'>>): Withheld {
  const reasons = new Map<string, { code: string; times: number; example: string }>();
  let decided = 0;
  let withheld = 0;
  for (const { next, reasons: all } of decisions) {
    decided += 1;
    if (next !== 'withhold') continue;
    withheld += 1;
    const { code, message } = all[0] ?? { code: 'none', message: 'no rule was recorded' };
    const reason = reasons.get(code) ?? { code, times: 0, example: message };
    reasons.set(code, { ...reason, times: reason.times + 1 });
  }
  return { decided, withheld, reasons: [...reasons.values()].sort((a, b) => b.times - a.times) };
}
