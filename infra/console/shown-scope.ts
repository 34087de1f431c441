import type { Scope } from '../../schemas/primitives.ts';
import type { Verdict } from '../../schemas/verdict.ts';

/** The scope as displayed: a cluster that merely has too few outcomes is learning, which is neither good nor bad. */
export type ShownScope = Scope | 'learning';

export function shownScope({ scope, reasons }: Pick<Verdict, 'scope' | 'reasons'>): ShownScope {
  const escalating = reasons.filter((reason) => reason.scope === 'escalate');
  const learning = escalating.length > 0 && escalating.every(({ code }) => code === 'learning');
  return scope === 'escalate' && learning ? 'learning' : scope;
}
