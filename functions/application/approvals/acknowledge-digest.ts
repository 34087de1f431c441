import type { DailyDigestItem } from '../../../schemas/items/approval.ts';
import type { AcknowledgeStore } from './ports.ts';

/**
 * Records that somebody has read a daily digest. Anybody who sees it may do so, since it permits and changes nothing.
 * @returns the digest, and whether this was the first time; null if there is no such digest
 */
export async function acknowledgeDigest(
  { store, now }: { store: AcknowledgeStore; now: Date },
  id: string,
  by: string,
): Promise<{ first: boolean; digest: DailyDigestItem } | null> {
  const answer = await store.acknowledgeDigest(id, by, now);
  if (answer?.first) await store.audit({ approval_id: id }, { at: now.toISOString(), who: by, what: 'acknowledged' });
  return answer;
}
