import type { ChannelPause } from '../../../schemas/items/approval.ts';
import { ChannelNotConnected, ChannelUnavailable, MessageGone, type QuestionMessages } from './messages.ts';

/** After this many refusals in a row the channel is skipped for the rest of a run: one that is gone refuses everything. */
const REFUSALS = 3;
const FIRST_MS = 60_000;
const LONGEST_MS = 15 * 60_000;

/** This channel gets no more messages for a while. */
export class ChannelPaused extends ChannelUnavailable {
  override name = 'ChannelPaused' as const;
}

/** A time further ahead than any pause comes from a wrong clock, and is no reason to wait. */
export function isPaused(pause: ChannelPause | null, now: Date): boolean {
  const leftMs = pause === null ? 0 : Date.parse(pause.until) - now.getTime();
  return leftMs > 0 && leftMs <= LONGEST_MS;
}

type Outcome = 'nothing' | 'reached' | 'failed';

/** The messages to one channel in one run: once it does not answer, or keeps refusing, nothing more is sent to it. */
export function withPause(
  messages: QuestionMessages,
  paused: boolean,
): { messages: QuestionMessages; outcome(): Outcome } {
  let closed = paused;
  let reached = false;
  let refusals = 0;
  const guarded =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (closed) throw new ChannelPaused('this channel refused messages or did not answer a moment ago');
      try {
        const result = await call(...args);
        reached = true;
        refusals = 0;
        return result;
      } catch (error) {
        if (error instanceof MessageGone || error instanceof ChannelNotConnected) throw error;
        refusals += 1;
        closed = error instanceof ChannelUnavailable || refusals >= REFUSALS;
        throw error;
      }
    };
  return {
    messages: {
      ...messages,
      postQuestion: guarded(messages.postQuestion),
      showQuestion: guarded(messages.showQuestion),
      showState: guarded(messages.showState),
      showSuperseded: guarded(messages.showSuperseded),
      postList: guarded(messages.postList),
      showList: guarded(messages.showList),
      remind: guarded(messages.remind),
      reportFreeze: guarded(messages.reportFreeze),
      reportUnfreeze: guarded(messages.reportUnfreeze),
    },
    outcome: () => (reached ? 'reached' : refusals > 0 ? 'failed' : 'nothing'),
  };
}

/** The pause to store after a run: it grows with each run that reached nobody. Null to leave it as it is. */
export function nextPause(pause: ChannelPause | null, outcome: Outcome, now: Date): ChannelPause | null {
  if (outcome === 'nothing') return null;
  if (outcome === 'reached')
    return pause === null || pause.failures === 0 ? null : { failures: 0, until: now.toISOString() };
  const failures = (pause?.failures ?? 0) + 1;
  const ms = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return { failures, until: new Date(now.getTime() + ms).toISOString() };
}
