import type { DailyDigestItem } from '../../../schemas/items/approval.ts';
import type { DigestMessages } from '../../application/approvals/messages.ts';
import { digestIdOf } from '../../domain/digest-id.ts';
import type { Fatigue } from '../../domain/fatigue.ts';
import { ALSO_ASKED, PART_WORDS } from '../../domain/figure-words.ts';
import { PARTS } from '../../domain/figures.ts';
import { tierName } from '../../domain/thresholds.ts';
import type { Day } from '../../domain/withheld.ts';
import { button, buttons, section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { code, prose } from './escape.ts';
import type { Send } from './notifier.ts';
import { clockTime, duration, person } from './wording.ts';

const SHOWN_REASONS = 5;
const SHOWN_APPROVERS = 10;
/** With fewer answers there is nothing to conclude about a person. */
const ENOUGH_ANSWERS = 10;
/** Together they suggest clicking without judging. */
const QUICK_SECONDS = 10;
const EAGER_RATE = 0.95;

/** The daily message: what happened to jobs, and how approvals were answered. */
export const digestMessages = (send: Send): DigestMessages => ({
  linesOf: (clusterId, date, day, people) => [...dayLines(clusterId, date, day), ...peopleLines(people)],
  postDigest: (channel, digest) => send(channel, digestMessage(digest)),
});

/** The message, with a button until somebody acknowledges it. */
export function digestMessage({
  cluster_id,
  date,
  message_lines,
  acknowledged_by,
  acknowledged_at,
}: DailyDigestItem): SlackMessage {
  const seen = acknowledged_by !== undefined && acknowledged_at !== undefined;
  return {
    text: `What became of the jobs on ${cluster_id} on ${date}`,
    blocks: [
      section(...message_lines),
      seen
        ? section(`☑️ Acknowledged by ${person(acknowledged_by)}, ${clockTime(acknowledged_at)}.`)
        : buttons(digestIdOf(cluster_id, date), [button('acknowledge', 'Acknowledge')]),
    ],
  };
}

function dayLines(clusterId: string, date: string, { figures, reasons }: Day): string[] {
  const { jobs, parts, byTier, alsoAsked } = figures;
  const acted = byTier.flatMap(({ acted: times }, i) => (times > 0 ? [`${times} ${tierName(i + 1)}`] : []));
  const words = PARTS.filter((part) => parts[part] > 0).map((part) => {
    const tiers = part === 'acted' && acted.length > 0 ? ` (${acted.join(', ')})` : '';
    return `${parts[part]} ${PART_WORDS[part]}${tiers}`;
  });
  return [
    `🗒️ *${jobs} ${jobs === 1 ? 'job' : 'jobs'}* on cluster ${code(clusterId, 160)} on ${date} (UTC): ${words.join(' · ')}`,
    ...(alsoAsked > 0 ? [`${alsoAsked} ${ALSO_ASKED}`] : []),
    ...withheldLines(reasons),
  ];
}

function withheldLines(reasons: Day['reasons']): string[] {
  if (reasons.length === 0) return [];
  const others = reasons.slice(SHOWN_REASONS).reduce((sum, { times }) => sum + times, 0);
  return [
    '*Why it was withheld:*',
    ...reasons
      .slice(0, SHOWN_REASONS)
      .map(({ code: rule, times, example }) => `• ${times} × ${code(rule, 60)}, such as: ${prose(example, 200)}`),
    ...(others > 0 ? [`• ${others} × other rules`] : []),
    'No action is needed; they were predicted and recorded all the same.',
  ];
}

function peopleLines(people: readonly Fatigue[]): string[] {
  if (people.length === 0) return [];
  return [
    '*How approvals were answered in the last 30 days:*',
    ...people.slice(0, SHOWN_APPROVERS).map((one) => {
      const { approver, answers, approveRate, medianSeconds } = one;
      const rate = `${Math.round(approveRate * 100)}% approved`;
      return `• ${person(approver)}: ${answers} answered, ${rate}, half of them within ${duration(medianSeconds)}${warning(one)}`;
    }),
  ];
}

function warning({ answers, approveRate, medianSeconds }: Fatigue): string {
  const tired = answers >= ENOUGH_ANSWERS && approveRate >= EAGER_RATE && medianSeconds <= QUICK_SECONDS;
  return tired ? '. ⚠️ Approved this fast and this often: are these questions still worth asking?' : '';
}
