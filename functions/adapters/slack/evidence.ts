import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { section } from './cards.ts';
import type { SlackMessage } from './client.ts';
import { code, prose } from './escape.ts';
import { calibrationMark, clockTime, deed, duration, evidenceWords, predictionWords, tierWords } from './wording.ts';

/** At most this many reasons fit a section with room for hostile text. */
const SHOWN_REASONS = 6;
const REASON_LENGTH = 400;

/** Everything the question rests on, as it was pinned when it was asked. Posted in the thread of the card. */
export function evidenceMessage(approval: ApprovalItem): SlackMessage {
  const { pinned } = approval;
  const { evidence, prediction } = pinned;
  const shown = pinned.reasons.slice(0, SHOWN_REASONS);
  const more = pinned.reasons.length - shown.length;
  return {
    text: 'The evidence behind this request',
    blocks: [
      section('*Exactly this is asked:*', deed(pinned), `arguments hash ${code(pinned.argumentsHash ?? 'none', 80)}`),
      section(
        '*All rules that held the agent back:*',
        ...shown.map(({ code: rule, message }) => `• ${code(rule, 60)} ${prose(message, REASON_LENGTH)}`),
        ...(more > 0 ? [`… and ${more} more`] : []),
        ...(shown.length === 0 ? ['none; this action is always confirmed by a human'] : []),
      ),
      section(
        '*Calibration:*',
        `${calibrationMark(evidence.score)} · ${evidenceWords(evidence)}`,
        `bounds of the ECE ${bound(evidence.eceLower)} to ${bound(evidence.eceUpper)} · drift ${evidence.drift}`,
        `epoch ${evidence.epoch} · ledger ${evidence.version} · hold ${evidence.hold} · earned ${tierWords(evidence.earnedTier)}`,
      ),
      section(
        '*Prediction:*',
        predictionWords(pinned),
        `90 % of the time at most ${duration(prediction.upper90Seconds)} · “${prose(pinned.statement, 300)}”`,
      ),
      section(
        `decided ${clockTime(pinned.decidedAt)} · asked ${clockTime(approval.requested_at)} · ` +
          `expires ${clockTime(approval.expires_at)} · decision ${code(pinned.decisionId, 80)}`,
      ),
    ],
  };
}

const bound = (value: number | null) => (value === null ? 'unknown' : value.toFixed(3));
