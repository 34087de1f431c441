import type { ActionArguments, Decision, ServedPrediction } from '../../schemas/decision.ts';
import type { ApprovalItem, Subject } from '../../schemas/items/approval.ts';
import { contradicts, duration } from './statement.ts';
import { TIERS } from './thresholds.ts';

/** How a surface writes names: in a code span on a card, unchanged in a terminal. */
export type Naming = (name: string) => string;

/** `do` it · `would` do it (dry run) · it is `done` · it `wouldHave` been done. */
export type Form = 'do' | 'would' | 'done' | 'wouldHave';

interface Verb {
  base: string;
  past: string;
  /** What became of the job, in the passive. */
  been: string;
}

const VERBS: Readonly<Record<string, Verb>> = {
  annotate: { base: 'annotate', past: 'annotated', been: 'annotated' },
  warn: { base: 'warn about', past: 'warned about', been: 'warned about' },
  requeue: { base: 'move', past: 'moved', been: 'moved to another queue' },
  'adjust-priority': {
    base: 'change the priority of',
    past: 'changed the priority of',
    been: 'given another priority',
  },
  hold: { base: 'hold', past: 'held', been: 'held' },
};

/** One action on one job as a phrase: `Move job 17 to queue short`. */
export function deedWords({ action, target, jobId }: ActionArguments, form: Form, name: Naming): string {
  const known = VERBS[action];
  const { base, past } = known ?? { base: `do ${name(action)} to`, past: `done ${name(action)} to` };
  const verb = {
    do: capital(base),
    would: `Would ${base}`,
    done: capital(past),
    wouldHave: `Would have ${past}`,
  }[form];
  return `${verb} job ${name(jobId)}${whereTo(action, target, name)}`;
}

function whereTo(action: string, target: string | undefined, name: Naming): string {
  if (target === undefined) return '';
  if (action === 'requeue') return ` to queue ${name(target)}`;
  return action === 'adjust-priority' ? ` by ${name(target)}` : ` (${name(target)})`;
}

/** What the agent did on its own before it asked. */
export function alreadyWords({ action, dryRun }: NonNullable<ApprovalItem['already']>): string {
  const been = VERBS[action]?.been ?? 'acted on';
  return dryRun ? `Would already have been ${been}.` : `Already ${been}.`;
}

/** Whose job it is and what it takes: `owner olga · 4 GPUs · queue gpu · cluster west-1`. */
export function jobWords(
  job: Pick<ApprovalItem, 'user' | 'gpus' | 'queue' | 'cluster_id'>,
  name: Naming,
  cluster: Naming = name,
): string {
  const { user, gpus, queue } = job;
  return [
    user === undefined ? 'owner unknown' : `owner ${name(user)}`,
    ...(gpus === undefined ? [] : [`${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`]),
    ...(queue === undefined ? [] : [`queue ${name(queue)}`]),
    `cluster ${cluster(job.cluster_id)}`,
  ].join(' · ');
}

/** q in words, with the point wait when both fall on the same side of T. */
export function riskWords({ prediction, longWaitSeconds }: Pick<Decision, 'prediction' | 'longWaitSeconds'>): string {
  const { q, waitSeconds } = prediction;
  if (q === null) return 'there is no probability of a long wait';
  const about = contradicts(prediction, longWaitSeconds) ? '' : `, about ${duration(waitSeconds)}`;
  return `${likely(q)} (q ${percent(q)}) to wait longer than ${duration(longWaitSeconds)}${about}`;
}

function likely(q: number): string {
  if (q >= 0.95) return 'almost certain';
  if (q >= 0.85) return 'very likely';
  if (q >= 0.7) return 'likely';
  return q >= 0.5 ? 'more likely than not' : 'not likely';
}

/** How forecasts like this one turned out on this cluster, compared with what the tier promises. */
export function recordWords({ record, subject }: Pick<ApprovalItem, 'record' | 'subject'>): string {
  const tier = TIERS[subject.tier - 1] ?? 'this tier';
  if (record === undefined) return `how often ${tier} is right here is not known`;
  const promise = `${tier} promises ${percent(record.promise)}`;
  if (record.seen === 0) return `no forecast like it has come out here yet (${promise})`;
  const share = percent(record.right / record.seen);
  return `right here ${record.right} of ${record.seen} times (${share}, ${promise})`;
}

/**
 * How well the cluster's probabilities are calibrated.
 * @param said the text shown beside it, so that no number appears twice
 */
export function eceWords({ ece, n }: Pick<Decision['evidence'], 'ece' | 'n'>, said: string | null): string {
  const measured = ece === null ? 'ECE not measured yet' : `ECE ${ece.toFixed(3)}`;
  return said?.includes(measured) ? `n ${n}` : `${measured}, n ${n}`;
}

/** The first rule that the tier in question failed, with the number it needed; null for a hold that is in place. */
export function askedBecause(pinned: Decision, subject: Subject): string | null {
  if (subject.whose === 'own') return null;
  const passed = pinned.passedOver.find(({ tier }) => tier === subject.tier);
  return (passed?.reasons[0] ?? pinned.reasons[0])?.message ?? null;
}

/** Why people are notified of an autonomous effect: what keeps its cluster from acting without notice. */
export function notifiedBecause({ evidence, reasons }: Decision): string {
  const notify = evidence.reasons.find(({ scope }) => scope === 'notify') ?? evidence.reasons[0] ?? reasons[0];
  return notify?.message ?? 'this cluster notifies people of everything';
}

/** Too few outcomes yet, which is neither good nor bad. */
export function isLearning({ evidence }: Pick<Decision, 'evidence'>): boolean {
  return evidence.reasons.some(({ code }) => code === 'learning');
}

/** What happens to a question that nobody answers: always the safe default. */
export function silenceWords({ question, pinned }: Pick<ApprovalItem, 'question' | 'pinned'>): string {
  if (question === 'keep') return 'the hold is released';
  return pinned.dryRun ? 'nothing would be done' : 'nothing is done';
}

/** The same once the question is closed. */
export function nothingWords({ question, pinned }: Pick<ApprovalItem, 'question' | 'pinned'>): string {
  if (question === 'keep') return 'the hold is released';
  return pinned.dryRun ? 'nothing would have been done' : 'nothing is done';
}

/** What voids a question before it expires. */
export function voidWords({ question }: Pick<ApprovalItem, 'question'>): string {
  return question === 'keep' ? 'void as soon as the job is cancelled' : 'void as soon as the job starts';
}

/** Other options for the job; waiting is always one of them. */
export function alternativeWords(
  alternatives: ApprovalItem['alternatives'],
  { waitSeconds }: Pick<ServedPrediction, 'waitSeconds'>,
  name: Naming,
): string[] {
  const others = alternatives.map(({ action, target }) => {
    const verb = VERBS[action]?.base ?? `do ${name(action)} to`;
    return `${verb} it${whereTo(action, target, name)}`;
  });
  return [`let it wait (forecast: about ${duration(waitSeconds)})`, ...others];
}

/** Whole percent, rounded down, so that 84.9 % never looks like 85 %. */
export function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}

/** `12:00 UTC`, with the date if it is on another day than `beside`. */
export function timeBeside(instant: string, beside: string): string {
  const time = `${instant.slice(11, 16)} UTC`;
  return instant.slice(0, 10) === beside.slice(0, 10) ? time : `${instant.slice(0, 10)} ${time}`;
}

const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
