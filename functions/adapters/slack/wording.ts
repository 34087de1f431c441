import type { Decision } from '../../../schemas/decision.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { SlackUserId } from '../../../schemas/ports/slack.ts';
import { isLearning, percent } from '../../domain/question-words.ts';
import { GATE } from '../../domain/thresholds.ts';
import type { UndoState } from '../../domain/undoing.ts';
import { code, prose } from './escape.ts';

const UNDO_WORDS: Readonly<Record<UndoState, (approval: ApprovalItem) => string[]>> = {
  open: () => [],
  asked: () => ['It is being undone; this card will say when it is.'],
  over: () => ['The time to undo it from here is over.'],
  never: ({ subject }) => [`${code(subject.arguments.action, 60)} cannot be undone from here.`],
};

/** The marks operators know: ✅ if the gate acts autonomously, ⚠️ if it acts and notifies, ❓ below that or unknown. */
export function calibrationMark(score: number | null): string {
  if (score === null || !Number.isFinite(score)) return '❓ calibration: unknown';
  const mark = score > GATE.score.autonomous ? '✅' : score > GATE.score.notify ? '⚠️' : '❓';
  return `${mark} calibration: ${percent(score).replace(' ', '')}`;
}

/** The same for the evidence of a decision. Learning is not a bad mark: there is no score yet. */
export function evidenceMark(decision: Pick<Decision, 'evidence'>): string {
  return isLearning(decision) ? '🌱 still learning' : calibrationMark(decision.evidence.score);
}

/** Seconds as a short human-readable duration. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 60) return `${Math.round(seconds)}s`;
  if (seconds < 5_940) return `${Math.round(seconds / 60)}m`;
  return `${(seconds / 3600).toFixed(1)}h`;
}

/** `2026-11-20 08:00 UTC`. */
export function clockTime(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

/** The result of the answer; empty while unknown. */
export function effectWords(approval: ApprovalItem, undo: UndoState): string[] {
  const { question, status, effect } = approval;
  if (!effect) {
    if (question === 'act') return status === 'approved' ? [notYet(approval)] : [];
    return status === 'denied' || status === 'expired' ? ['The hold is being released.'] : [];
  }
  const when = clockTime(effect.at);
  const why = effect.reason === undefined ? '' : `: ${prose(effect.reason, 300)}`;
  switch (effect.status) {
    case 'done':
      return [
        // The card already says who did it and when.
        status === 'autonomous'
          ? 'Read back from the scheduler.'
          : `*Done*, ${when}, and read back from the scheduler.`,
        ...UNDO_WORDS[undo](approval),
      ];
    case 'dryRun':
      return [`*Dry run*, ${when}: it would have been done; nothing was touched.`];
    case 'undone':
      return [`*Undone*, ${when}, and read back from the scheduler.`];
    case 'failed':
      return [`*Failed*, ${when}${why}. Look at the job itself before you do anything else.`];
    case 'refused':
    case 'void':
      return [`*Not done*, ${when}${why}.`];
  }
}

function notYet({ pinned }: ApprovalItem): string {
  return pinned.dryRun ? 'Whether it would have been done is not known yet.' : 'Not carried out yet.';
}

/** A Slack user as a mention, anybody else as plain text. */
export function person(by: string): string {
  return SlackUserId.safeParse(by).success ? `<@${by}>` : prose(by, 80);
}
