import type { ApprovalItem, ApprovalStatus } from '../../../schemas/items/approval.ts';
import { closedWords, DENIED_WITHOUT_REASON, type Style, WHERE } from '../../domain/answer-words.ts';
import { command } from '../../domain/command.ts';
import {
  alreadyWords,
  askedBecause,
  deedWords,
  eceWords,
  isLearning,
  jobWords,
  notifiedBecause,
  recordWords,
  riskWords,
  silenceWords,
  timeBeside,
  voidWords,
} from '../../domain/question-words.ts';
import { undoState, undoUntil } from '../../domain/undoing.ts';
import { button, buttons, context, plain, section, sections } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { besideName, prose, wholeName } from './escape.ts';
import { clockTime, effectWords, evidenceMark, person } from './wording.ts';

/**
 * The card of a pending approval, short enough for a phone: what would be done to whose job, why, and what happens if nobody
 * answers. The rest of the evidence is in Details.
 */
export function requestCard(approval: ApprovalItem): SlackMessage {
  const { question, approval_id: id } = approval;
  const keep = question === 'keep';
  return {
    text: `Human review needed: ${keep ? 'keep or release a hold' : 'an action is waiting for an answer'}`,
    blocks: [
      ...sections(headline(approval), ...questionLines(approval)),
      section(whyLine(approval), silenceLine(approval)),
      buttons(id, [
        button('approve', keep ? 'Keep hold' : 'Approve', { style: 'primary' }),
        button('deny', keep ? 'Release' : 'Deny', { style: 'danger' }),
        button('details', 'Details'),
        FREEZE_BUTTON,
      ]),
      ...explanationBlocks(approval),
    ],
  };
}

/** Learning is not an alarm. */
function headline({ pinned }: ApprovalItem): string {
  const sign = isLearning(pinned) ? '🌱' : '🚨';
  return `${sign} *Human Review Needed*${pinned.dryRun ? ' · *dry run*, nothing is touched' : ''}`;
}

/** What would be done, uncut, and to whose job. */
export function questionLines(approval: ApprovalItem): string[] {
  const { question, subject, pinned, already } = approval;
  const before = already === undefined ? '' : ` ${alreadyWords(already)}`;
  const asked =
    question === 'keep'
      ? `Job ${wholeName(subject.arguments.jobId)} is held. Keep it held, or release it?`
      : pinned.dryRun
        ? `${deedWords(subject.arguments, 'would', wholeName)}.`
        : `${deedWords(subject.arguments, 'do', wholeName)}?`;
  return [`${asked}${before}`, jobWords(approval, besideName, wholeName)];
}

function whyLine(approval: ApprovalItem): string {
  const { pinned, subject } = approval;
  const because = askedBecause(pinned, subject);
  const asked = because === null ? 'A hold stays only if a human says so.' : `Asked because: ${prose(because, 400)}.`;
  const measured = [eceWords(pinned.evidence, because), ...(isLearning(pinned) ? [] : [evidenceMark(pinned)])];
  return `*Why:* ${riskWords(pinned)}; ${recordWords(approval)}; ${measured.join(' · ')}. ${asked}`;
}

function silenceLine(approval: ApprovalItem): string {
  const { expires_at: until, requested_at: asked } = approval;
  return `*If nobody answers by ${timeBeside(until, asked)}*, ${silenceWords(approval)}; ${voidWords(approval)}.`;
}

/** A model's explanation, if there is one: below the buttons, so that it never pushes them off the screen. */
function explanationBlocks({ explanation }: ApprovalItem) {
  if (explanation === undefined) return [];
  return [context(`_In words (written by a model from the numbers above):_ ${prose(explanation, 900)}`)];
}

/** For an incoming webhook, which is one-way: the question without buttons, and where to answer it. */
export function noticeCard(approval: ApprovalItem): SlackMessage {
  const { text, blocks } = requestCard(approval);
  return {
    text,
    blocks: [
      ...blocks.filter(({ type }) => type === 'section'),
      section(
        '*Nothing can be answered here.* Open the approvals page of the console, or run ' +
          `\`${command(`approve ${approval.approval_id}`)}\`.`,
      ),
    ],
  };
}

/** For an incoming webhook: an autonomous effect, and where to undo it. */
export function undoNotice(approval: ApprovalItem, now: Date): SlackMessage {
  const { text, blocks } = settledCard({ ...approval, undo_seconds: 0 }, now);
  const until = clockTime(new Date(undoUntil(approval)).toISOString());
  return {
    text,
    blocks: [
      ...blocks.filter(({ type }) => type === 'section'),
      section(
        '*Nothing can be undone in this channel.* ' +
          `Until ${until} use the approvals page of the console, or run \`${command(`approve ${approval.approval_id} --undo`)}\`.`,
      ),
    ],
  };
}

/** The card of a decided approval: its state and result. Undo is the only button, for as long as it works. */
export function settledCard(approval: ApprovalItem, now: Date): SlackMessage {
  const { pinned, approval_id: id } = approval;
  const undo = undoState(approval, now);
  return {
    text: approval.status === 'autonomous' ? 'The agent acted on its own' : `Human review: ${approval.status}`,
    blocks: [
      section(stateWords(approval), ...reasonWords(approval), ...effectWords(approval, undo)),
      ...sections(aboutLine(approval), jobWords(approval, besideName, wholeName)),
      ...(approval.status === 'autonomous'
        ? [section(`_You are notified because:_ ${prose(notifiedBecause(pinned), 400)} · ${evidenceMark(pinned)}`)]
        : []),
      ...(undo === 'open'
        ? [
            section(`It can be undone here until ${clockTime(new Date(undoUntil(approval)).toISOString())}.`),
            buttons(id, [button('undo', 'Undo')]),
          ]
        : []),
    ],
  };
}

/** What the approval was about, in one line, whatever the result. */
export function aboutLine({ status, question, subject, pinned }: ApprovalItem): string {
  const { arguments: args } = subject;
  if (status === 'autonomous') return `${deedWords(args, 'done', wholeName)}.`;
  if (question === 'keep') return `*Asked:* keep job ${wholeName(args.jobId)} held?`;
  if (pinned.dryRun) return `*Asked in dry run:* ${deedWords(args, 'would', wholeName)}.`;
  return `*Asked:* ${deedWords(args, 'do', wholeName)}?`;
}

/** A second card of the same approval, left by a crash: points to the one that counts. */
export function supersededCard(): SlackMessage {
  const text = 'This request is shown in another card.';
  return { text, blocks: [section(text)] };
}

/** How an approval ended, in a sentence. For an open one: that the time to answer is over. */
export function stateWords(approval: ApprovalItem): string {
  return closedWords(approval, IN_SLACK);
}

const MARKS: Readonly<Record<ApprovalStatus, string>> = {
  pending: '⏳',
  approved: '✅',
  denied: '⛔',
  expired: '⏳',
  void: '🚫',
  autonomous: '🤖',
};

const IN_SLACK: Style = {
  head: (words, { status, question }) => {
    const mark = status === 'denied' && question === 'keep' ? '↩️' : MARKS[status];
    return `${mark} *${words}*`;
  },
  // An answer from outside Slack says where it was given.
  by: (by, via = 'slack') => `by ${person(by ?? '')}${via === 'slack' ? '' : ` ${WHERE[via]}`}`,
  quoted: (text) => prose(text, 400),
};

/** The reason for a denial, as the approver wrote it. */
function reasonWords({ status, decided_reason, decided_via }: ApprovalItem): string[] {
  if (status !== 'denied' || decided_via === undefined || !decided_reason) return [];
  if (decided_reason === DENIED_WITHOUT_REASON) return [];
  return [`_Why:_ ${prose(decided_reason, 600)}`];
}

/** Freezing stops more than this question, so Slack asks for confirmation. */
const FREEZE_BUTTON = button('freeze', 'Freeze cluster', {
  confirm: {
    title: plain('Freeze this cluster?'),
    text: plain('The agent will do nothing at all on this cluster until somebody unfreezes it.'),
    confirm: plain('Freeze'),
    deny: plain('Leave it'),
  },
});
