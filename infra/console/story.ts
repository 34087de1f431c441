import type * as z from 'zod';
import { plainExplanation } from '../../functions/domain/explanation.ts';
import { labelsOf } from '../../functions/domain/ledger-lines.ts';
import { servedWords } from '../../functions/domain/served-words.ts';
import { tierName } from '../../functions/domain/thresholds.ts';
import type { ActionArguments, Decision } from '../../schemas/decision.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { ApprovalItem, AuditItem } from '../../schemas/items/approval.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { LedgerItem } from '../../schemas/items/ledger.ts';
import { SlackUserId } from '../../schemas/ports/slack.ts';

/** Everything stored about one round of a job. */
export interface JobRecords {
  job: JobItem;
  approvals: { approval: ApprovalItem; audit: z.infer<typeof AuditItem>[] }[];
  /** The ledger batch in which the job was folded. */
  batch: Pick<LedgerItem, 'version' | 'folded_at' | 'entries'> | null;
  /** What happened to its cluster, or to all clusters. */
  cluster: z.infer<typeof AuditItem>[];
}

/** One event of the story: when, who, what, on which arguments, why. */
export interface StoryLine {
  at: string;
  clusterId: string;
  jobId: string;
  /** Which round of the job. */
  submittedAt: string;
  who: string;
  what: string;
  /** Hash of the arguments concerned. */
  hash: string | null;
  why: string | null;
}

/** The agent itself, as approvals name it. */
const AGENT = 'vgac-agentic';
const COLLECTOR = 'collector';

type Recorded = Pick<StoryLine, 'who' | 'what'> & {
  at: string | undefined;
  hash?: string | null;
  why?: string | undefined;
};

/**
 * The story of one job in order, from its records alone. Events at the same instant stay in the order of the workflow.
 * Credentials, addresses and names of people are removed; people appear as their Slack ids.
 */
export function storyOf({ job, approvals, batch, cluster }: JobRecords): StoryLine[] {
  const records: Recorded[] = [
    ...submission(job),
    ...(job.decision ? deciding(job.decision) : []),
    ...approvals.flatMap(({ approval, audit }) => audit.map((record) => asking(approval, record))),
    ...effects(job),
    ...outcome(job),
    ...folding(job, batch),
    ...surroundings(job, cluster),
  ];
  const lines = records.flatMap(({ at, who, what, hash = null, why }) =>
    at === undefined
      ? []
      : [
          {
            at,
            clusterId: job.cluster_id,
            jobId: job.job_id,
            submittedAt: job.submitted_at,
            who: person(who),
            what: redacted(what),
            hash,
            why: why === undefined || why === '' ? null : redacted(why),
          },
        ],
  );
  // A stable sort: instants compare as text, since all are ISO 8601 in UTC with milliseconds.
  return lines.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function submission({ submitted_at: at, request, queue, claimed_by: execution, own_effect_of }: JobItem): Recorded[] {
  const size = request ? `, ${request.gpus} GPUs` : '';
  const why = own_effect_of && `results from our own effect, decision ${own_effect_of}: recorded, never acted on`;
  return [
    { at, who: COLLECTOR, what: `submitted${queue === undefined ? '' : ` to ${queue}`}${size}`, why },
    ...(execution === undefined ? [] : [{ at, who: AGENT, what: `claimed by ${execution.split(':').at(-1) ?? ''}` }]),
  ];
}

function deciding(decision: Decision): Recorded[] {
  const { decidedAt: at, evidence, prediction, argumentsHash: hash, passedOver, reasons, asks } = decision;
  const number = (value: number | null, digits: number) => value?.toFixed(digits) ?? 'unknown';
  // Reasons already listed with a tier that was passed over are not repeated.
  const shown = new Set(passedOver.flatMap((passed) => passed.reasons.map(({ message }) => message)));
  return [
    {
      at,
      who: AGENT,
      why: because(evidence.reasons),
      what: `verdict: ${evidence.scope}, score ${number(evidence.score, 2)}, ECE ${number(evidence.ece, 3)} over ${evidence.n} outcomes, drift ${evidence.drift}, epoch ${evidence.epoch}`,
    },
    {
      at,
      who: AGENT,
      what: `predicted: ${number(prediction.q, 3)} for a wait over ${decision.longWaitSeconds} s; ${Math.round(prediction.waitSeconds)} s (${Math.round(prediction.lowerSeconds)} to ${Math.round(prediction.upperSeconds)})`,
      why: servedWords(prediction) ?? '',
    },
    {
      at,
      who: AGENT,
      hash,
      what: `decided: ${calledInWords(decision)}; ${doneInWords(decision)}`,
      why: because(reasons.filter(({ message }) => !shown.has(message))),
    },
    ...passedOver.map(({ tier, reasons }) => ({
      at,
      who: AGENT,
      what: `passed over: ${tierName(tier)}`,
      why: because(reasons),
    })),
    ...(asks === null
      ? []
      : [
          {
            at,
            who: AGENT,
            what: `asks a human: ${deedInWords(asks.tier, asks.arguments)}`,
            hash: asks.argumentsHash,
            why: plainExplanation(decision),
          },
        ]),
  ];
}

function because(reasons: Decision['reasons']): string {
  return reasons.map(({ code, message }) => `${code}: ${message}`).join('; ');
}

function calledInWords({ called }: Decision): string {
  return called === 0 ? 'nothing is called for' : `the job calls for ${tierName(called)}`;
}

/** What the agent does autonomously, or would have done in dry run. */
function doneInWords(decision: Decision): string {
  const { next, tier, arguments: args, holdOutShare, dryRun } = decision;
  const deed = args === null ? tierName(tier) : deedInWords(tier, args);
  const share = holdOutShare === null ? '' : `, ${Math.round(holdOutShare * 100)} % of these are held out`;
  switch (next) {
    case 'nothing':
      return 'nothing is done';
    case 'act':
    case 'actAndNotify':
      return `${dryRun ? 'would be done' : 'done'} autonomously: ${deed}${share}${next === 'act' ? '' : ', and people are notified'}`;
    case 'holdOut':
      return `held out on purpose: ${deed}${share}`;
    case 'ask':
      return 'nothing is done autonomously';
    case 'withhold':
      return 'withheld';
    case 'late':
      return 'too late, nothing runs';
  }
}

/** `warn`; both tier and action where their names differ. */
function deedInWords(tier: number, { action, target }: ActionArguments): string {
  const name = tierName(tier);
  const done = target === undefined ? action : `${action} → ${target}`;
  return name === done ? name : `${name}, ${done}`;
}

function asking(approval: ApprovalItem, { at, who, what, hash, why }: z.infer<typeof AuditItem>): Recorded {
  const asked = what === 'asked' ? (approval.explanation ?? plainExplanation(approval.pinned)) : undefined;
  const question =
    approval.status === 'autonomous'
      ? 'done autonomously'
      : approval.question === 'keep'
        ? 'keep the hold'
        : 'approval';
  return { at, who, what: `${question}: ${what}`, hash, why: why ?? asked };
}

/** The agent's own effect and the approved one, each with its arguments. */
function effects({ effect, approved_effect, decision }: JobItem): Recorded[] {
  return [
    ...(effect ? [effectRecord('effect', effect, decision?.argumentsHash ?? null)] : []),
    ...(approved_effect
      ? [effectRecord('effect on approval', approved_effect, decision?.asks?.argumentsHash ?? null)]
      : []),
  ];
}

function effectRecord(name: string, { at, status, action, intervened, reason }: Effect, hash: string | null): Recorded {
  const touched = intervened ? ', the scheduler was touched' : '';
  return { at, who: AGENT, what: `${name}: ${status}, ${action}${touched}`, hash, why: reason };
}

function outcome(job: JobItem): Recorded[] {
  const { long_wait: long, label_at, actual_wait: wait } = job;
  const label =
    long === undefined ? undefined : long === null ? 'no label' : long ? 'waited long' : 'did not wait long';
  return [
    {
      at: job.started_at,
      who: COLLECTOR,
      what: `started${wait === undefined ? '' : ` after ${Math.round(wait)} s`}`,
    },
    { at: label === undefined ? undefined : label_at, who: AGENT, what: `label: ${label}` },
    { at: job.ended_at, who: COLLECTOR, what: `ended, ${job.end_state ?? 'unknown'}` },
    { at: job.cancelled_at, who: COLLECTOR, what: 'cancelled' },
    ...(job.contradicting ?? []).map(({ type, at }) => ({
      at,
      who: COLLECTOR,
      what: `contradicted by a later ${type}`,
      why: 'what was stored first stands, and is never folded again',
    })),
    { at: job.closed_at, who: AGENT, what: `closed: ${job.status ?? 'unknown'}`, why: job.failure?.error },
  ];
}

function folding({ folded_in: version, decision }: JobItem, batch: JobRecords['batch']): Recorded[] {
  if (version === undefined || batch?.version !== version) return [];
  const entry = labelsOf(batch.entries).find(({ decisionId }) => decisionId === decision?.decisionId);
  const taught = entry === undefined || entry.longWait === null ? 'released without a label' : 'the label teaches';
  return [{ at: batch.folded_at, who: AGENT, what: `folded in ledger batch ${version}`, why: taught }];
}

/** What happened to the cluster during the job's time with us: a freeze explains why nothing was done. */
function surroundings({ submitted_at: from, closed_at: to }: JobItem, cluster: JobRecords['cluster']): Recorded[] {
  return cluster.flatMap(({ PK, at, who, what, why }) => {
    const during = Date.parse(at) >= Date.parse(from) && !(to && Date.parse(at) > Date.parse(to));
    if (!during) return [];
    return [{ at, who, what: PK === 'CLUSTER#*' ? what.replace('the cluster', 'all clusters') : what, why }];
  });
}

/** Slack ids and our own names are kept; any other name may be a person's. */
function person(who: string): string {
  return who === AGENT || who === COLLECTOR || SlackUserId.safeParse(who).success ? who : 'a person without a Slack id';
}

/** Patterns of credentials, of people's addresses and of private addresses. */
const SECRETS: readonly RegExp[] = [
  /\bxox[a-z]-[\w-]+/gi,
  /\bxapp-[\w-]+/gi,
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /\b(bearer|token|secret|password|api[_-]?key)\s*[=: ]\s*\S{8,}/gi,
  /[\w.+-]+@[\w-]+(\.[\w-]+)+/g,
  /https?:\/\/\S+/gi,
  // Task tokens, keys and signatures are long and contain no word.
  /[A-Za-z0-9+/=_-]{60,}/g,
];

/** A text with everything removed that looks like a credential or an address. */
export function redacted(text: string): string {
  return SECRETS.reduce((clean, pattern) => clean.replace(pattern, '[redacted]'), text);
}
