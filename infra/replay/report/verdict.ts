import { TIERS } from '../../../functions/domain/thresholds.ts';
import type { NaiveReport, Recommendation, StreamReport, TierReport, Verdict } from './shape.ts';
import { share } from './share.ts';
import { count, decimals, percent, perDay } from './words.ts';

/** The input of the verdict. */
export type Judged = Pick<
  StreamReport,
  | 'jobs'
  | 'calls'
  | 'acted'
  | 'actedOfCalls'
  | 'heldOut'
  | 'longWaits'
  | 'reached'
  | 'reachedShare'
  | 'chance'
  | 'reachedMedianWait'
  | 'longWaitSeconds'
  | 'questions'
  | 'questionsPerDay'
  | 'tiers'
  | 'promiseViolations'
  | 'naive'
  | 'forecast'
>;

const DID: Readonly<Record<TierReport['tier'], string>> = {
  annotate: 'annotated',
  warn: 'warned about',
  suggest: 'moved',
  gate: 'held',
};

/** The opening paragraph of a report. */
export function verdictOf(judged: Judged): Verdict {
  const recommendation = recommended(judged);
  const sentences = [
    servedOf(judged.forecast),
    didOf(judged),
    ...judged.tiers.filter(({ acted }) => acted > 0).map(rightOf),
    reachedOf(judged),
    questionsOf(judged),
    ...(judged.naive ?? []).map((naive) => naiveOf(naive, judged)),
    ...nextTier(judged),
    because(recommendation, judged),
  ];
  return { recommendation, sentences };
}

/** Which forecast served, and how good it was. */
function servedOf({ name, brier, skill, auroc, baseRate, rawP, vgacShare, withP }: Judged['forecast']): string {
  const part =
    vgacShare === 0
      ? 'had no part in them, since it never earned its place'
      : `had a part in ${percent(vgacShare)} of them, where it had earned its place`;
  const own = 'The built-in forecast, made of the events of this queue alone,';
  const from = {
    builtin: `${own} gave the probabilities`,
    file: 'The probabilities are those of the file, recalibrated by the experts',
    both: `${own} gave the probabilities, and VGAC’s p ${part}`,
  }[name];
  const missing =
    name === 'builtin' || withP === null || withP === 1 ? '' : ` (${percent(1 - withP)} of the jobs have no p)`;
  if (brier === null || baseRate.brier === null) return `${from}${missing}; no label says how good they are.`;
  const better = skill === null ? '' : ` (${percent(Math.abs(skill), 0)} ${skill >= 0 ? 'better' : 'worse'})`;
  const raw = rawP === null ? '' : `, VGAC’s p as it is ${decimals(rawP.brier)}`;
  const ranks = auroc === null ? '' : `; AUROC ${auroc.toFixed(2)}`;
  return `${from}${missing}: Brier score ${decimals(brier)}, where the base rate has ${decimals(baseRate.brier)}${better}${raw}${ranks}.`;
}

function didOf({ jobs, calls, acted, actedOfCalls, heldOut, tiers }: Judged): string {
  if (calls === 0) return `None of ${jobsOf(jobs)} called for anything: there was nothing to do.`;
  const called = `of ${count(calls)} that called for something, among ${jobsOf(jobs)}`;
  const left = heldOut === 0 ? '' : `, and left out ${count(heldOut)} more on purpose, to keep its evidence alive`;
  if (acted === 0) return `On its own it would have done nothing for any ${called}${left}.`;
  const parts = tiers.filter((tier) => tier.acted > 0).map(({ tier, acted: n }) => `${DID[tier]} ${count(n)}`);
  return `On its own it would have ${listed(parts)} ${called} (${percent(actedOfCalls, 0)} of the calls)${left}.`;
}

/** The share right beside the promise, and whether that means anything yet. */
function rightOf({
  tier,
  acted,
  unknown,
  heldOut,
  right,
  promise,
  tested,
  testedFrom,
  counterfactual,
  ...interval
}: TierReport): string {
  const known = acted - unknown;
  if (known === 0) return `${capital(tier)}: nothing is known of the ${count(acted)} jobs, which left too early.`;
  const of = `${capital(tier)}: ${count(right)} of ${count(known)} right (${percent(right / known, 0)}`;
  const between = `, 90 % interval ${percent(interval.rightLow, 0)} to ${percent(interval.rightHigh, 0)})`;
  const promised = ` where ${percent(promise, 0)} are promised`;
  const trace = counterfactual ? ' (counterfactual: by what the trace says of these jobs)' : '';
  const yet = tested
    ? ''
    : `; not tested yet: that takes ${testedFrom}, and ${count(acted + heldOut)} were done or left out`;
  return `${of}${between}${promised}${trace}${yet}.`;
}

function reachedOf(judged: Judged): string {
  const { jobs, acted, reached, longWaits, reachedShare, chance, reachedMedianWait, longWaitSeconds } = judged;
  const long = inWords(longWaitSeconds);
  if (longWaits === 0) return `No job is known to have waited longer than ${long}, so there was none to reach.`;
  if (acted === 0)
    return `Of ${jobsOf(jobs)} ${count(longWaits)} waited longer than ${long}; it would have reached none.`;
  const random = `as many acts at random would have reached ${percent(chance)}`;
  const sentence = `It would have reached ${count(reached)} of ${count(longWaits)} long waits (${percent(reachedShare)}; ${random})`;
  if (reached === 0) return `${sentence}.`;
  const early = `each at its submission, ${inWords(longWaitSeconds)} before it became a long wait`;
  if (reachedMedianWait === null) return `${sentence}, ${early}.`;
  return `${sentence}, ${early}; half of them went on to wait ${inWords(reachedMedianWait)} or more.`;
}

function questionsOf({ questions, questionsPerDay }: Judged): string {
  if (questions === 0) return 'It would have asked nobody anything.';
  if (questionsPerDay === null) return `It would have asked ${questionsInWords(questions)}, in less than an hour.`;
  return `It would have asked ${questionsInWords(questions)}, ${perDay(questionsPerDay)} a day.`;
}

function naiveOf({ rule, acted, tiers, broken, reachedShare }: NaiveReport, { longWaits }: Judged): string {
  if (acted === 0) return `The rule "${rule}" would have done nothing and reached nothing.`;
  const right = tiers.reduce((sum, tier) => sum + tier.right, 0);
  const known = tiers.reduce((sum, tier) => sum + tier.acted - tier.unknown, 0);
  const reached = longWaits === 0 ? '' : `, and reached ${percent(reachedShare)}`;
  const did = `The rule "${rule}" would have acted ${count(acted)} times, ${percent(share(right, known), 0)} of them right${reached}`;
  const names = broken.map((tier) => (tiers.length >= tier ? (TIERS[tier - 1] ?? '') : ''));
  if (names.length === 0) return `${did}, within the same promises, though nothing would have held it to them.`;
  return `${did}, and broken ${names.length === 1 ? 'the promise' : 'the promises'} of ${listed(names)}.`;
}

/** What the lowest tier not yet earned is missing, and when it would have it at this rate. */
function nextTier({ tiers }: Judged): string[] {
  const next = tiers.find(({ earned }) => !earned);
  if (next === undefined) return ['At the end all four tiers are earned.'];
  const { standing, needs, needsDays } = next;
  const when = needs === null || needs === 0 || needsDays === null ? '' : `, ${inDays(needsDays)} at this rate`;
  return [`At the end the next tier to earn is ${standing}${when}.`];
}

/** A tier that acted often enough to test its promise, and kept it. */
function proven({ tested, rightShare, promise }: TierReport): boolean {
  return tested && rightShare !== null && rightShare >= promise;
}

function disappointing({ tested, rightShare, promise }: TierReport): boolean {
  return tested && rightShare !== null && rightShare < promise;
}

function recommended({ tiers, promiseViolations }: Judged): Recommendation {
  const [annotate, warn, suggest] = tiers;
  if (annotate === undefined || warn === undefined || suggest === undefined || promiseViolations > 0)
    return 'stayInDryRun';
  const statements = [annotate, warn];
  if (statements.some(disappointing) || !statements.some(proven)) return 'stayInDryRun';
  return proven(suggest) ? 'handOverSuggest' : 'handOverStatements';
}

/** Which tiers were tested and kept their promise, and which are not tested yet. */
function standingOf(tiers: readonly TierReport[], untested: readonly string[]): string {
  const kept = tiers
    .slice(0, 3)
    .filter(proven)
    .map(({ tier }) => tier);
  const promise = kept.length === 1 ? 'its promise' : 'their promises';
  const tested = `${listed(kept)} ${kept.length === 1 ? 'was' : 'were'} tested and kept ${promise}`;
  return `${tested}, ${listed(untested)} ${untested.length === 1 ? 'is' : 'are'} not tested yet`;
}

function because(recommendation: Recommendation, judged: Judged): string {
  const { calls, acted, tiers, promiseViolations } = judged;
  if (recommendation === 'handOverSuggest') {
    const [annotate, warn] = tiers;
    const untested = [annotate, warn].flatMap((one) => (one === undefined || one.tested ? [] : [one.tier]));
    const but = untested.length === 0 ? 'what it did was tested and kept its promises' : standingOf(tiers, untested);
    return `Recommendation: hand over suggest, besides annotate and warn; ${but}.`;
  }
  const worse = tiers.filter(disappointing).map(({ tier }) => tier);
  if (recommendation === 'handOverStatements') {
    const untested = tiers.slice(0, 3).flatMap(({ tier, tested }) => (tested ? [] : [tier]));
    const suggest = worse.includes('suggest') ? ['suggest was right less often than promised'] : [];
    const why = untested.some((tier) => tier !== 'suggest')
      ? [standingOf(tiers, untested), ...suggest]
      : [...suggest, ...(untested.length === 0 ? [] : ['suggest is not tested yet'])];
    return `Recommendation: hand over annotate and warn; ${why.join('; ')}.`;
  }
  const stay = 'Recommendation: stay in dry run';
  if (promiseViolations > 0)
    return `${stay}; a promise was broken ${count(promiseViolations)} times, which must not happen.`;
  if (calls === 0) return `${stay}; no job called for anything, so nothing was tested.`;
  if (acted === 0) return `${stay}; nothing was earned, so nothing was tested.`;
  if (worse.length > 0)
    return `${stay}; ${listed(worse)} ${worse.length === 1 ? 'was' : 'were'} right less often than promised.`;
  return `${stay}; too little was done to test what is promised.`;
}

function questionsInWords(questions: number): string {
  return questions === 1 ? '1 question' : `${count(questions)} questions`;
}

function jobsOf(jobs: number): string {
  return jobs === 1 ? '1 job' : `${count(jobs)} jobs`;
}

function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A human-readable duration. */
export function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}

function inDays(days: number): string {
  if (days < 1) return 'within a day';
  return days < 730
    ? `about ${Math.ceil(days)} ${Math.ceil(days) === 1 ? 'day' : 'days'}`
    : `about ${Math.round(days / 365)} years`;
}
