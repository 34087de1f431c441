import type { Recorded } from '../application/outcomes/ports.ts';
import type { Outcome } from '../domain/outcome.ts';
import { type Round, roundOf } from '../domain/round.ts';
import { recordOutcome } from './tables/outcomes.ts';
import { latestRound } from './tables/rounds.ts';
import type { Table } from './tables/table.ts';
import { dropWaiting, keepWaiting } from './tables/waiting-outcomes.ts';

interface Taken extends Recorded {
  /** Where it was joined; null while it waits for its round. */
  readonly round: Round | null;
}

/**
 * Joins an outcome to the round that it names, or else to the latest one submitted at or before it. Where there is none yet
 * it waits; whoever claims the round looks for it after the claim, and we look for the round once more after leaving it:
 * whichever is last sees the other.
 * @param longWaitSeconds T of the cluster
 * @throws RowContended, UnreadableItem, OtherLayout
 */
export async function takeOutcome(table: Table, outcome: Outcome, longWaitSeconds: number, now: Date): Promise<Taken> {
  const { clusterId, jobId, submittedAt, told } = outcome;
  const join = async (round: Round): Promise<Taken> => {
    return { round, ...(await recordOutcome(table, round, told, longWaitSeconds, now)) };
  };
  if (submittedAt !== null) return join({ clusterId, jobId, submittedAt });

  const known = await latestRound(table, outcome, told.at);
  if (known) return join(roundOf(known));
  await keepWaiting(table, outcome, now);
  const claimed = await latestRound(table, outcome, told.at);
  if (!claimed) return { round: null, contradicts: false, teaches: false };
  const taken = await join(roundOf(claimed));
  await dropWaiting(table, outcome, told);
  return taken;
}
