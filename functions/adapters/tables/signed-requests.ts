import { bind } from './bind.ts';
import { conditionally, putItem, type Table } from './table.ts';

/** The clocks of our machines differ by less. */
const MARGIN_SECONDS = 60;

/**
 * Records an accepted request for as long as its signature is valid: the second of two equal requests is a replay.
 * Slack sends an interaction once and shows the person an error if it gets no response, so a genuine second click has a new
 * timestamp and a new signature.
 *
 * @param digest of the signed content; neither signature nor body is stored
 * @returns false if it was accepted before
 */
function takeOnce(table: Table, { digest, staleAt }: { digest: string; staleAt: Date }, now: Date): Promise<boolean> {
  const item = {
    PK: `REQUEST#${digest}`,
    SK: 'REQUEST',
    taken_at: now.toISOString(),
    ttl: Math.ceil(staleAt.getTime() / 1000) + MARGIN_SECONDS,
  };
  return conditionally(putItem(table, item, { ConditionExpression: 'attribute_not_exists(PK)' }));
}

export const signedRequests = (table: Table) => bind(table, { takeOnce });
