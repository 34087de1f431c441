import type { AnsweredIn, ApprovalItem } from '../../schemas/items/approval.ts';
import { nothingWords, silenceWords, voidWords } from './question-words.ts';

/** What is recorded where nobody said why; not worth a line of its own. */
export const DENIED_WITHOUT_REASON = 'denied without a reason';

const WHERE: Readonly<Record<AnsweredIn, string>> = {
  slack: 'in Slack',
  console: 'in the console',
  cli: 'on the command line',
};

/** How an approval stands, as one plain sentence for the page and the command line. Timeout is worded as timeout. */
export function standingWords(approval: ApprovalItem): string {
  const { status, question, decided_by: by, decided_at: at, decided_via: via, expires_at, decided_reason } = approval;
  const keep = question === 'keep';
  const nothing = nothingWords(approval);
  const dry = approval.pinned.dryRun ? ' in dry run' : '';
  const when = clock(at ?? expires_at);
  const who = `by ${by ?? 'nobody'}${via === undefined ? '' : ` ${WHERE[via]}`}, ${when}`;
  switch (status) {
    case 'pending':
      return `Waits for an answer until ${clock(expires_at)}; if nobody answers, ${silenceWords(approval)}; ${voidWords(approval)}.`;
    case 'approved':
      return keep ? `Hold kept ${who}.` : `Approved${dry} ${who}.`;
    case 'denied':
      return keep ? `Release decided ${who}.` : `Denied ${who}; ${nothing}.`;
    case 'expired':
      return `Timed out: nobody answered by ${clock(expires_at)}; ${nothing}.`;
    case 'void':
      return `Void, ${when}: ${decided_reason ?? 'it no longer fits the world'}${keep ? '' : `; ${nothing}`}.`;
    case 'autonomous':
      return `The agent did this alone, ${when}; nobody was asked.`;
  }
}

/** For somebody whose answer came after the decision, or after the time to answer. */
export function tooLateWords(approval: ApprovalItem): string {
  // Nobody was faster: there was nothing left to answer.
  if (approval.status === 'autonomous' || approval.status === 'void') return standingWords(approval);
  if (approval.status !== 'pending') return `Already answered, yours does not count. ${standingWords(approval)}`;
  return `Timed out: the time to answer ended ${clock(approval.expires_at)}; ${nothingWords(approval)}.`;
}

/** `2026-11-20 08:00 UTC`. */
const clock = (instant: string) => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
