import type { AnsweredIn, ApprovalItem } from '../../schemas/items/approval.ts';
import { nothingWords, silenceWords, voidWords } from './question-words.ts';

/** Recorded when no reason was given; not worth a line of its own. */
export const DENIED_WITHOUT_REASON = 'denied without a reason';

/** Where an answer was given. */
export const WHERE: Readonly<Record<AnsweredIn, string>> = {
  slack: 'in Slack',
  console: 'in the console',
  cli: 'on the command line',
};

/** How a surface formats text: plain on the page and command line, markup and mentions in Slack. */
export interface Style {
  /** The word for the status of the approval. */
  head(words: string, approval: ApprovalItem): string;
  by(person: string | undefined, via: AnsweredIn | undefined): string;
  /** Text from a person or a rule. */
  quoted(text: string): string;
}

const PLAIN: Style = {
  head: (words) => words,
  by: (person, via) => `by ${person ?? 'nobody'}${via === undefined ? '' : ` ${WHERE[via]}`}`,
  quoted: (text) => text,
};

/** The status of an approval in one sentence. An unanswered one is never called denied: nobody said no. */
export function standingWords(approval: ApprovalItem, style: Style = PLAIN): string {
  const { status, question, decided_at: at, expires_at, decided_reason } = approval;
  const keep = question === 'keep';
  const nothing = nothingWords(approval);
  const dry = approval.pinned.dryRun ? ' in dry run' : '';
  const when = clock(at ?? expires_at);
  const who = `${style.by(approval.decided_by, approval.decided_via)}, ${when}`;
  const head = (words: string) => style.head(words, approval);
  switch (status) {
    case 'pending':
      return `Waiting for an answer until ${clock(expires_at)}; if nobody answers, ${silenceWords(approval)}; ${voidWords(approval)}.`;
    case 'approved':
      return keep ? `${head('Hold kept')} ${who}.` : `${head(`Approved${dry}`)} ${who}.`;
    case 'denied':
      return keep ? `${head('Release')} decided ${who}.` : `${head('Denied')} ${who}; ${nothing}.`;
    case 'expired':
      return `${head('Expired')}: nobody answered by ${clock(expires_at)}; ${nothing}.`;
    case 'void': {
      const why = style.quoted(decided_reason ?? 'it no longer fits the situation');
      return `${head('Void')}, ${when}: ${why}${keep ? '' : `; ${nothing}`}.`;
    }
    case 'autonomous':
      return `${head('Done by the agent on its own')}, ${when}; nobody was asked.`;
  }
}

/** The same for somebody who came too late: an approval past its time has expired, even if it is not closed yet. */
export function closedWords(approval: ApprovalItem, style: Style = PLAIN): string {
  if (approval.status !== 'pending') return standingWords(approval, style);
  const head = style.head('Expired', approval);
  return `${head}: the time to answer ended ${clock(approval.expires_at)}; ${nothingWords(approval)}.`;
}

/** For somebody who answered after the decision or after the expiry. */
export function tooLateWords(approval: ApprovalItem): string {
  const isAnswered = approval.status === 'approved' || approval.status === 'denied' || approval.status === 'expired';
  return `${isAnswered ? 'Already answered; yours does not count. ' : ''}${closedWords(approval)}`;
}

/** For somebody whose answer met a table that takes nothing: before anything was stored, or perhaps after. */
export const NOTHING_DONE =
  'Nothing was done: the system can store nothing now (its disk is full, or its table is overloaded). Answer again once it can.';
export const PERHAPS_NOT_DONE =
  'This may not have been done: the system cannot store or read everything now (its disk is full, or its table fails). Look at how it stands, and answer again once it can.';

/** `2026-11-20 08:00 UTC`. */
const clock = (instant: string) => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
