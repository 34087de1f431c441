import type { Scope } from '../../schemas/primitives.ts';
import type { Reason } from '../../schemas/verdict.ts';

const STRICTNESS: Readonly<Record<Scope, number>> = { autonomous: 0, notify: 1, escalate: 2 };
const LESS: Readonly<Record<Scope, Scope>> = { autonomous: 'notify', notify: 'escalate', escalate: 'escalate' };

export function isStricter(a: Scope, b: Scope): boolean {
  return STRICTNESS[a] > STRICTNESS[b];
}

export function strictest(scopes: readonly Scope[]): Scope {
  return scopes.reduce<Scope>((worst, scope) => (isStricter(scope, worst) ? scope : worst), 'autonomous');
}

export function oneLess(scope: Scope): Scope {
  return LESS[scope];
}

/** Strictest first, otherwise in rule order: the first is the reason people are given. */
export function byStrictness(reasons: readonly Reason[]): Reason[] {
  return [...reasons].sort((a, b) => STRICTNESS[b.scope] - STRICTNESS[a.scope]);
}
