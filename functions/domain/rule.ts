import type { Scope } from '../../schemas/primitives.ts';
import type { Reason } from '../../schemas/verdict.ts';
import { isStricter, oneLess, strictest } from './scope.ts';

/**
 * One rule of the gate. The test and the message are separate, so that a back-test over millions of jobs runs the very rules
 * of production without building their messages.
 */
export interface Rule<Facts> {
  /** Stable, for programs. */
  readonly code: string;
  /** Must not allocate: it runs for every job of a back-test. Comparisons are written so that the rule applies to NaN. */
  applies(facts: Facts): boolean;
  /** For people, with the number needed to pass. */
  message(facts: Facts): string;
}

/** A rule about a whole cluster. */
export interface ScopeRule<Facts> extends Rule<Facts> {
  /** The most it allows when it applies; `oneLess` lowers what the earlier rules allow by one step. */
  readonly scope: Scope | 'oneLess';
}

/** A reason for every rule that applies to a cluster, in rule order. */
export function reasonsOf<Facts>(rules: readonly ScopeRule<Facts>[], facts: Facts): Reason[] {
  const reasons: Reason[] = [];
  for (const rule of rules) {
    if (!rule.applies(facts)) continue;
    const scope = rule.scope === 'oneLess' ? oneLess(strictest(reasons.map((reason) => reason.scope))) : rule.scope;
    reasons.push({ code: rule.code, message: rule.message(facts), scope });
  }
  return reasons;
}

/** A scope and the code of its first reason; null when nothing held the agent back. */
export interface Judgement {
  scope: Scope;
  reason: string | null;
}

/** Writes scope and first reason into `judgement`, as `reasonsOf` would give them: the strictest, then the earliest. */
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
