import type { Decision, ServedPrediction } from '../../../schemas/decision.ts';
import type { ApprovalItem, Question } from '../../../schemas/items/approval.ts';
import { SlackUserId } from '../../../schemas/ports/slack.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import type { UndoState } from '../../domain/undoing.ts';
import { code, prose } from './escape.ts';

/** The alternatives as people say them. */
const ACTION_WORDS: Readonly<Record<string, string>> = {
  requeue: 'move it to queue',
  'adjust-priority': 'change its priority by',
  hold: 'hold it',
};

const UNDO_WORDS: Readonly<Record<UndoState, (decision: Decision) => string[]>> = {
  open: () => [],
  asked: () => ['It is being taken back; this card will say when it is.'],
  over: () => ['The time to undo it from here is over.'],
  never: ({ arguments: args }) => [`${code(args?.action ?? 'this', 60)} cannot be undone from here.`],
};

const TIERS = ['nothing', 'annotate', 'warn', 'suggest', 'gate'];

/** What operators know: ✅ above 0.85, ⚠️ above 0.60, ❓ below or unknown. Both limits are strict, as in the gate. */
export function calibrationMark(score: number | null): string {
  if (score === null || !Number.isFinite(score)) return '❓ calibration: unknown';
  const mark = score > 0.85 ? '✅' : score > 0.6 ? '⚠️' : '❓';
  return `${mark} calibration: ${percent(score)}`;
}

/** Whole percent, rounded down: 84.9 % never looks like the 85 % it did not reach. */
function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)}%`;
}

export function tierWords(tier: number): string {
  return `tier ${tier} ${TIERS[tier] ?? ''}`.trim();
}

/** Seconds as people say them. */
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

/** The action exactly as it would be done: verb, target, job, cluster. */
export function deed({ arguments: args, jobId, clusterId }: Decision): string {
  const where = `job ${code(jobId, 300)} on cluster ${code(clusterId, 160)}`;
  if (!args) return `nothing to ${where}`;
  const target = args.target === undefined ? '' : ` → ${code(args.target, 160)}`;
  const text = args.text === undefined ? '' : ` with the text “${prose(args.text, 200)}”`;
  return `${code(args.action, 80)}${target}: ${where}${text}`;
}

/** The action in a few words, for lists. */
export function shortDeed({ arguments: args, jobId }: Decision): string {
  const target = args?.target === undefined ? '' : ` → ${code(args.target, 60)}`;
  return `${code(args?.action ?? 'nothing', 60)}${target} for job ${code(jobId, 80)}`;
}

/** What else could be done about the job; waiting is always one of them. */
export function alternativeWords(alternatives: ApprovalItem['alternatives'], prediction: ServedPrediction): string {
  const others = alternatives.map(
    ({ action, target }) =>
      `${ACTION_WORDS[action] ?? code(action, 60)}${target === undefined ? '' : ` ${code(target, 60)}`}`,
  );
  return [`let it wait (about ${duration(prediction.waitSeconds)})`, ...others].join(' · ');
}

/** How the question was answered after it left this card, and what came of it; empty while nothing is known. */
export function effectWords({ question, status, effect, pinned }: ApprovalItem, undo: UndoState): string[] {
  if (!effect) {
    if (question === 'act') return status === 'approved' ? ['Not carried out yet.'] : [];
    return status === 'denied' || status === 'expired' ? ['The hold is being released.'] : [];
  }
  const when = clockTime(effect.at);
  const why = effect.reason === undefined ? '' : `: ${prose(effect.reason, 300)}`;
  switch (effect.status) {
    case 'done':
      return [`*Done*, ${when}, and read back from the scheduler.`, ...UNDO_WORDS[undo](pinned)];
    case 'dryRun':
      return [`*Dry run*, ${when}${why}. Nothing was touched, so there is nothing to undo.`];
    case 'undone':
      return [`*Taken back*, ${when}, and read back from the scheduler.`];
    case 'failed':
      return [`*Failed*, ${when}${why}. Look at the job itself before you do anything else.`];
    case 'refused':
    case 'void':
      return [`*Not done*, ${when}${why}.`];
  }
}

/** First failed rule, with the number that was needed. */
export function firstReason({ reasons }: Decision): string {
  const [first] = reasons;
  return first ? prose(first.message, 400) : 'this action is always confirmed by a human';
}

export function evidenceWords({ ece, n, nullMean }: Verdict): string {
  const measured = ece === null ? 'ECE not measured yet' : `ECE ${ece.toFixed(3)}`;
  const chance = nullMean === null ? '' : `; a perfect model would show ${nullMean.toFixed(3)}`;
  return `${measured} (n = ${n}${chance})`;
}

export function predictionWords({ prediction, longWaitSeconds }: Decision): string {
  const { q, waitSeconds, lowerSeconds, upperSeconds } = prediction;
  const risk = q === null ? 'no probability given' : `${percent(q)} to wait longer than ${duration(longWaitSeconds)}`;
  return `${risk}; wait ~${duration(waitSeconds)} (90% of the time ${duration(lowerSeconds)} to ${duration(upperSeconds)})`;
}

/** What happens when nobody answers: always the safe default. */
export function silenceWords(question: Question): string {
  return question === 'keep' ? 'the hold is released' : 'nothing is done';
}

/** A Slack user as a mention, anything else as plain words. */
export function person(by: string): string {
  return SlackUserId.safeParse(by).success ? `<@${by}>` : prose(by, 80);
}
