/** What an action is: its tier, whether it can be undone, and whether it needs a target. */
export interface Capability {
  readonly tier: 1 | 2 | 3 | 4;
  readonly reversible: boolean;
  readonly needsTarget: boolean;
}

/**
 * Every action that exists. Annotations and warnings touch no scheduler and are withdrawn by a later one; a hold is
 * undone by release, a requeue by going back, a priority by the opposite delta.
 */
const CAPABILITIES: ReadonlyMap<string, Capability> = new Map([
  ['annotate', { tier: 1, reversible: true, needsTarget: false }],
  ['warn', { tier: 2, reversible: true, needsTarget: false }],
  ['requeue', { tier: 3, reversible: true, needsTarget: true }],
  ['adjust-priority', { tier: 3, reversible: true, needsTarget: true }],
  ['hold', { tier: 4, reversible: true, needsTarget: false }],
]);

const SIGNED_DELTA = /^[+-][1-9]\d{0,8}$/;

/** Null for an unknown action, which is never done. */
export function capabilityOf(action: string): Capability | null {
  return CAPABILITIES.get(action) ?? null;
}

/** Why an action may not stand for a tier in the configuration; null when it may. */
export function misconfigured(choice: { action: string; target?: string | undefined }, tier: number): string | null {
  const capability = capabilityOf(choice.action);
  if (capability === null)
    return `there is no action "${choice.action}"; use one of ${[...CAPABILITIES.keys()].join(', ')}`;
  if (capability.tier !== tier)
    return `"${choice.action}" is an action of tier ${capability.tier}, not of tier ${tier}`;
  if (capability.needsTarget && choice.target === undefined) return `"${choice.action}" needs a target`;
  if (choice.action === 'adjust-priority' && !SIGNED_DELTA.test(choice.target ?? '')) {
    return '"adjust-priority" needs a signed delta such as +100 as its target';
  }
  return null;
}
