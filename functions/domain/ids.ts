import { createHash } from 'node:crypto';
import type { ActionArguments } from '../../schemas/decision.ts';

/** The id of a job's one decision: the same for every retry, so that nothing is decided or done twice. */
export function decisionId(clusterId: string, jobId: string): string {
  // Length first, so that no two pairs of names can run together into the same text.
  const text = `${clusterId.length}:${clusterId}:${jobId}`;
  return `dec_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

/** What a decision or an approval permits: sha256 over the arguments as JSON with sorted keys, absent ones left out. */
export function argumentsHash(args: ActionArguments): string {
  const entries = Object.entries(args)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}
