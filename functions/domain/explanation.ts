import { createHash } from 'node:crypto';
import type { Decision } from '../../schemas/decision.ts';
import { tierName } from './thresholds.ts';

/**
 * What a model may know of a decision: numbers and the names of our own rules. It holds nothing a user can choose (no job,
 * user, queue, cluster or target), so that no name can inject instructions into the prompt.
 */
export type Facts = readonly string[];

/** Our rules' messages use only these characters; anything else may come from a configuration or an event. */
const OWN_WORDS = /^[A-Za-z0-9 .,;:%()'+±>=-]*$/;
/** The one rule whose message quotes what an operator wrote. */
const NAMES_THINGS = new Set(['misconfigured']);
const MOST_REASONS = 6;

/** The facts of a decision, one per line, in a fixed order. */
export function explanationFacts(decision: Decision): Facts {
  const { evidence, prediction, longWaitSeconds, reasons } = decision;
  const tier = decision.asks?.tier ?? decision.tier;
  const { score, ece, eceLower, eceUpper, nullMean, n, drift } = evidence;
  return [
    `proposed kind of action: ${tierName(tier)}, tier ${tier} of 4`,
    `calibration score: ${score === null ? 'not measured' : `${percent(score)} percent`}`,
    `calibration error (ECE): ${ece === null ? 'not measured' : ece.toFixed(3)}`,
    ...(eceLower !== null && eceUpper !== null
      ? [`bounds of the calibration error: ${eceLower.toFixed(3)} to ${eceUpper.toFixed(3)}`]
      : []),
    ...(nullMean === null
      ? []
      : [`calibration error that a perfect model would show by chance: ${nullMean.toFixed(3)}`]),
    `outcomes measured on this cluster: ${n}`,
    `drift: ${drift}`,
    `probability of a long wait: ${prediction.q === null ? 'none given' : `${percent(prediction.q)} percent`}`,
    `a long wait is longer than: ${minutes(longWaitSeconds)} minutes`,
    `predicted wait: ${minutes(prediction.waitSeconds)} minutes, from ${minutes(prediction.lowerSeconds)} to ${minutes(prediction.upperSeconds)}`,
    ...reasons.slice(0, MOST_REASONS).map(({ code, message }) => {
      const own = OWN_WORDS.test(message) && !NAMES_THINGS.has(code);
      return `rule that held it back: ${own ? message : code}`;
    }),
    ...(reasons.length === 0 ? ['rule that held it back: this action is always confirmed by a human'] : []),
  ];
}

/** The key of a stored explanation: the same facts, instructions and model are explained once. */
export function factsHash(facts: Facts, model: string): string {
  return createHash('sha256')
    .update(JSON.stringify([model, INSTRUCTIONS, facts]))
    .digest('hex');
}

/** The model's instructions. Its output is checked all the same. */
export const INSTRUCTIONS =
  'You explain one decision of an automatic scheduler assistant to a cluster operator. Write two or three plain ' +
  'sentences in English, at most 400 characters, from the facts only. Use numbers exactly as they are written there, ' +
  'as digits, and no others. Say why a human is asked and how far the prediction can be trusted. Do not advise, do ' +
  'not address the reader, no names, no links, no lists, no formatting.';

/** Our own wording, used when no model was asked or its text was not accepted. */
export function plainExplanation({ evidence, prediction, longWaitSeconds, reasons }: Decision): string {
  const { ece, nullMean, n, drift } = evidence;
  const [first] = reasons;
  const why = first
    ? `Why a human is asked: ${sentence(first.message)}`
    : 'This action is always confirmed by a human.';
  const chance = nullMean === null ? '' : `; a perfect model would show ${nullMean.toFixed(3)} by chance`;
  const trust =
    ece === null
      ? `No calibration error is measured yet (${n} outcomes).`
      : `Over ${n} outcomes on this cluster the calibration error is ${ece.toFixed(3)}${chance}.`;
  const risk =
    prediction.q === null
      ? 'There is no probability of a long wait.'
      : `The probability of a wait longer than ${minutes(longWaitSeconds)} minutes is ${percent(prediction.q)} percent.`;
  return [why, trust, risk, ...(drift === 'none' ? [] : [`Drift is at ${drift}.`])].join(' ');
}

const MOST_CHARACTERS = 500;
const LEAST_CHARACTERS = 40;
const NUMBER = /\d+(?:[.,]\d+)*/g;
/** Numbers in words could state something that no fact does. */
const NUMBER_WORDS =
  /\b(zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|half|third|quarter|twice|double|dozen)\b/i;
/** An explanation must not advise: the reader decides. */
const ADVICE =
  /\b(approv\w*|den(y|ies|ied|ying)|reject\w*|recommend\w*|advis\w*|should|must|please|click\w*|press\w*|ignore\w*|instruct\w*|safe|harmless|trust me|system prompt|you)\b/i;

type Accepted = { ok: true; text: string } | { ok: false; why: string };

/** Whether a model's text may appear on a card: plain and short, without links, mentions, advice or numbers of its own. */
export function acceptExplanation(given: string, facts: Facts): Accepted {
  const text = given.replace(/\s+/gu, ' ').trim();
  const no = (why: string): Accepted => ({ ok: false, why });
  if (text.length === 0) return no('empty');
  if (text.length > MOST_CHARACTERS) return no('too long');
  if (text.length < LEAST_CHARACTERS) return no('too short');
  if (!/^[\p{Script=Latin}\p{Nd}\s.,;:%()'’"“”±=+–—-]+$/u.test(text)) return no('characters other than plain text');
  if (/[a-z]\.[a-z]{2,}/i.test(text) || /\b(https?|www|mailto)\b/i.test(text)) return no('a link');
  if (ADVICE.test(text)) return no('advice');
  if (NUMBER_WORDS.test(text)) return no('a number in words');
  const known = new Set(facts.flatMap((fact) => fact.match(NUMBER) ?? []));
  const foreign = (text.match(NUMBER) ?? []).some((number) => !known.has(number));
  return foreign ? no('a number that is not in the facts') : { ok: true, text };
}

/** Rounded down, as on the card, so that 84.9 percent never looks like 85. */
const percent = (share: number) => Math.floor(share * 100 + 1e-9);
const minutes = (seconds: number) => (seconds < 600 ? Math.round(seconds / 6) / 10 : Math.round(seconds / 60));
const sentence = (text: string) => {
  const trimmed = text.trim().replace(/[.\s]+$/, '');
  return `${trimmed}.`;
};
