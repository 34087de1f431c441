import type { Outcome } from '../../domain/outcome.ts';
import { type Round, roundOf } from '../../domain/round.ts';
import type { OutcomeStore, Recorded } from './ports.ts';

interface Taken extends Recorded {
  /** The round it was joined to; null while it waits for its round. */
  readonly round: Round | null;
}

/**
 * Joins an outcome to the round it names, or else to the latest one submitted at or before it. If there is none yet, the outcome is
 * stored to wait: whoever claims the round looks for it after the claim, and we look for the round again after storing it, so that
 * whichever comes last sees the other.
 * @param longWaitSeconds T of the cluster
 * @throws RowContended, UnreadableItem, OtherLayout
 */
export async function takeOutcome(
  store: OutcomeStore,
  outcome: Outcome,
  longWaitSeconds: number,
  now: Date,
): Promise<Taken> {
  const { clusterId, jobId, submittedAt, fact } = outcome;
  const join = async (round: Round): Promise<Taken> => {
    return { round, ...(await store.joinOutcomeToRow(round, fact, longWaitSeconds, now)) };
  };
  if (submittedAt !== null) return join({ clusterId, jobId, submittedAt });

  const known = await store.roundToTell(outcome, fact);
  if (known) return join(roundOf(known));
  await store.keepWaiting(outcome, now);
  const claimed = await store.roundToTell(outcome, fact);
  if (!claimed) return { round: null, contradicts: false, teaches: false };
  const taken = await join(roundOf(claimed));
  await store.dropWaiting(outcome, fact);
  return taken;
}
