import type { DailyDigestItem } from '../../../schemas/items/approval.ts';
import type { AcknowledgeStore } from './ports.ts';

/**
 * Records that somebody has read a daily digest. Whoever sees it may do so: it permits nothing and changes nothing.
 * @returns the digest and whether this was the first time; null when there is no such digest
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
