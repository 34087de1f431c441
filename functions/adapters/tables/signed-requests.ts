import { conditionally, putItem, type Table } from './table.ts';

/** Clocks of several machines differ by less. */
const MARGIN_SECONDS = 60;

/**
 * Notes that a signed request was taken, for as long as its signature is valid: the second of two equal requests is
 * somebody's copy. Slack sends an interaction once and shows the person an error when it is not answered, so a true
 * click that is pressed again comes with a new timestamp and a new signature.
 *
 * @param digest of what was signed; neither signature nor body is stored
 * @returns false when it was taken before
 */
export function takeOnce(
  table: Table,
  { digest, staleAt }: { digest: string; staleAt: Date },
  now: Date,
): Promise<boolean> {
  const item = {
    PK: `REQUEST#${digest}`,
    SK: 'REQUEST',
    taken_at: now.toISOString(),
    ttl: Math.ceil(staleAt.getTime() / 1000) + MARGIN_SECONDS,
  };
  return conditionally(putItem(table, item, { ConditionExpression: 'attribute_not_exists(PK)' }));
}
