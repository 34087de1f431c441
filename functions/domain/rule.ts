import type { Scope } from '../../schemas/primitives.ts';
import type { Reason } from '../../schemas/verdict.ts';
import { isStricter, oneLess, strictest } from './scope.ts';

/**
 * One rule of the gate. Whether it applies and what is said about it are apart, so that a back-test over millions of jobs
 * asks the very rules that decide in production without writing their sentences.
 */
export interface Rule<Facts> {
  /** Stable, for machines. */
  readonly code: string;
  /** No allocation here: it runs for every job of a back-test. Comparisons are written so that NaN applies. */
  applies(facts: Facts): boolean;
  /** A sentence for people, with the number needed to pass. */
  message(facts: Facts): string;
}

/** A rule about a whole cluster. */
export interface ScopeRule<Facts> extends Rule<Facts> {
  /** The most it allows where it applies; `oneLess` takes one step off what the rules before it allow. */
  readonly scope: Scope | 'oneLess';
}

/** Every rule about a cluster that applies, told. Stays in the order of the rules. */
export function reasonsOf<Facts>(rules: readonly ScopeRule<Facts>[], facts: Facts): Reason[] {
  const reasons: Reason[] = [];
  for (const rule of rules) {
    if (!rule.applies(facts)) continue;
    const scope = rule.scope === 'oneLess' ? oneLess(strictest(reasons.map((reason) => reason.scope))) : rule.scope;
    reasons.push({ code: rule.code, message: rule.message(facts), scope });
  }
  return reasons;
}

/** A scope and the code of the reason that is told first; null when nothing held the agent back. */
export interface Judgement {
  scope: Scope;
  reason: string | null;
}

/** Scope and first reason as `reasonsOf` would give them, written into `judgement`: the strictest, then the earliest. */
export function judge<Facts>(rules: readonly ScopeRule<Facts>[], facts: Facts, judgement: Judgement): void {
  let scope: Scope = 'autonomous';
  let reason: string | null = null;
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (rule === undefined || !rule.applies(facts)) continue;
    const allowed: Scope = rule.scope === 'oneLess' ? oneLess(scope) : rule.scope;
    if (reason === null || isStricter(allowed, scope)) {
      scope = allowed;
      reason = rule.code;
    }
    if (scope === 'escalate') break;
  }
  judgement.scope = scope;
  judgement.reason = reason;
}

/** The code of the first rule that applies; null when none does. */
export function firstOf<Facts>(rules: readonly Rule<Facts>[], facts: Facts): string | null {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (rule?.applies(facts)) return rule.code;
  }
  return null;
}
