import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { alternativeWords, askedBecause } from '../../domain/question-words.ts';
import { servedWords } from '../../domain/served-words.ts';
import { tierName } from '../../domain/thresholds.ts';
import { section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { code, prose } from './escape.ts';
import { clockTime, duration } from './wording.ts';

/** This many reasons fit into a section even if their text is hostile. */
const SHOWN_REASONS = 6;
const REASON_LENGTH = 400;

/** The evidence beyond the card, as pinned when the question was asked. Shown on request only. */
export function evidenceMessage(approval: ApprovalItem): SlackMessage {
  const { pinned, subject, question } = approval;
  const { evidence, prediction } = pinned;
  const served = servedWords(prediction);
  const rules = otherRules(approval);
  const alternatives = alternativeWords(approval.alternatives, prediction, (name) => code(name, 60));
  return {
    text: 'The evidence behind this request',
    blocks: [
      ...(rules.length > 0 ? [section('*What else held the agent back:*', ...rules)] : []),
      section(
        '*Calibration:*',
        `ECE between ${bound(evidence.eceLower)} and ${bound(evidence.eceUpper)} with 90 % certainty` +
          (evidence.nullMean === null ? '' : `; a perfect model would show ${evidence.nullMean.toFixed(3)}`),
        `better than the base rate: ${evidence.skilled ? 'yes' : 'not yet'} · drift ${evidence.drift} · ` +
          `highest tier earned: ${evidence.earnedTier === 0 ? 'none' : tierName(evidence.earnedTier)}`,
      ),
      ...(served === null ? [] : [section('*Forecast:*', served)]),
      section(
        '*Wait:*',
        `90 % of the time ${duration(prediction.lowerSeconds)} to ${duration(prediction.upperSeconds)}, ` +
          `at most ${duration(prediction.upper90Seconds)}`,
      ),
      ...(question === 'keep' ? [] : [section(`*Instead you could:* ${alternatives.join(' · ')}`)]),
      section(
        `decided ${clockTime(pinned.decidedAt)} · asked ${clockTime(approval.requested_at)} · ` +
          `epoch ${evidence.epoch} · ledger ${evidence.version}`,
        `approval ${code(approval.approval_id, 80)} · arguments hash ${code(subject.argumentsHash, 80)}`,
      ),
    ],
  };
}

/** Every rule that held back a tier, once, without the one on the card. */
function otherRules({ pinned, subject }: ApprovalItem): string[] {
  const named = new Set([askedBecause(pinned, subject)]);
  const all = [...pinned.passedOver.flatMap(({ reasons }) => reasons), ...pinned.reasons];
  const rules: string[] = [];
  for (const { code: rule, message } of all) {
    if (named.has(message)) continue;
    named.add(message);
    rules.push(`• ${code(rule, 60)} ${prose(message, REASON_LENGTH)}`);
  }
  const more = rules.length - SHOWN_REASONS;
  return more > 0 ? [...rules.slice(0, SHOWN_REASONS), `… and ${more} more`] : rules;
}

const bound = (value: number | null) => (value === null ? 'unknown' : value.toFixed(3));
