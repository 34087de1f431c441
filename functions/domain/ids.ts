import { createHash } from 'node:crypto';
import type { ActionArguments } from '../../schemas/decision.ts';
import { type Round, roundDigest } from './round.ts';

/** The id of a round's one decision: the same for every retry, so that nothing is decided or done twice. */
export function decisionId(round: Round): string {
  return `dec_${Buffer.from(roundDigest(round)).toString('hex').slice(0, 24)}`;
}

/** Identifies what a decision or approval permits: sha256 of the arguments as JSON, keys sorted, absent ones omitted. */
export function argumentsHash(args: ActionArguments): string {
  const entries = Object.entries(args)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}
