import * as z from 'zod';
import { applyBatch, birth } from '../../../functions/domain/fold-batch.ts';
import { historyOf } from '../../../infra/embedded/engine/history.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { LedgerEntry, LedgerItem } from '../../../schemas/items/ledger.ts';
import type { Kind } from '../../../schemas/primitives.ts';
import type { Evidence } from './evidence.ts';
import type { Heard } from './people.ts';
import { APPROVERS } from './settings.ts';
import type { World } from './world.ts';

const DAY_SECONDS = 86_400;

/** What the world outside has seen and heard. */
export interface Seen {
  readonly world: World;
  /** Jobs whose submission was accepted. */
  readonly submitted: Iterable<string>;
  readonly heard: readonly Heard[];
}

/** Every way in which what is left contradicts what was promised; numbers are those of DESIGN.md section 9. */
export function faults(before: Evidence, now: Evidence, { world, submitted, heard }: Seen): string[] {
  return [
    ...effectsWithoutRecord(now, world),
    ...lostEvents(now, submitted),
    ...unheard(now, heard),
    ...[...now.ledgers].flatMap(([cluster, ledger]) => [
      ...misfolded(cluster, ledger, now),
      ...beyond(cluster, ledger),
    ]),
    ...badAnswers(before, now, world),
    ...brokenHistories(before, now),
  ];
}

/** 1 and 2. */
function effectsWithoutRecord({ jobs }: Evidence, { effects, repeated }: World): string[] {
  const found = repeated.map((decisionId) => `2: effect ${decisionId} was asked for twice`);
  const touched = new Set<string>();
  for (const [decisionId, asked] of effects) {
    const { jobId, action } = asked;
    const permitted = jobs.get(jobId)?.decision;
    const same =
      permitted?.decisionId === decisionId &&
      permitted.arguments?.action === action &&
      ('text' in asked ? permitted.arguments.text === asked.text : true) &&
      ('delta' in asked ? Number(permitted.arguments.target) === asked.delta : true);
    if (!same) found.push(`1: no record permits effect ${decisionId} ${action} on ${jobId}`);
    if (touched.has(jobId)) found.push(`2: ${jobId} has two effects`);
    touched.add(jobId);
  }
  return found;
}

/** 3. */
function lostEvents({ started }: Evidence, submitted: Iterable<string>): string[] {
  return [...submitted].filter((jobId) => !started.has(jobId)).map((jobId) => `3: ${jobId} was accepted and is lost`);
}

/** The waits that are told later than their label teach the bounds only. */
const labelsOf = ({ entries }: LedgerItem): LedgerEntry[] =>
  entries.flatMap((entry) => ('labelAt' in entry ? [entry] : []));

/** 4. A batch may be ahead of the state by one: the fold of the next will finish it. */
function misfolded(cluster: string, ledger: readonly LedgerItem[], { jobs, calibrations }: Evidence): string[] {
  const found: string[] = [];
  const folded = new Map<string, number>();
  let state: Uint8Array | undefined;
  const stored = calibrations.get(cluster);
  for (const [index, batch] of ledger.entries()) {
    if (batch.version !== index) found.push(`4: ledger of ${cluster} has a gap before ${batch.version}`);
    for (const { jobId } of labelsOf(batch)) {
      if (folded.has(jobId)) found.push(`4: ${jobId} is folded twice`);
      folded.set(jobId, batch.version);
    }
    state = state === undefined ? birth(batch.budgets).state : applyBatch(state, batch).state;
    if (batch.version === stored?.version && !Buffer.from(state).equals(stored.state)) {
      found.push(`4: the ledger of ${cluster} does not rebuild its state at version ${batch.version}`);
    }
  }
  if (stored === undefined || ledger.length - 1 - stored.version > 1 || stored.version > ledger.length - 1) {
    found.push(`4: ${cluster} stands at ${stored?.version} with ${ledger.length} batches`);
  }
  for (const { job_id, cluster_id, folded_in } of jobs.values()) {
    if (cluster_id === cluster && folded_in !== undefined && folded.get(job_id) !== folded_in) {
      found.push(`4: ${job_id} says it is folded in ${folded_in}, the ledger says ${folded.get(job_id)}`);
    }
  }
  return found;
}

/** 11, at every moment of the ledger: harms <= start + .05 right + perDay * days, with the numbers of the budget. */
function beyond(cluster: string, ledger: readonly LedgerItem[]): string[] {
  const counts = { statement: { harms: 0, right: 0 }, intervention: { harms: 0, right: 0 } };
  let first: number | undefined;
  let last = 0;
  const holds = (kind: Kind, { tokens, perDay }: { tokens: number; perDay: number }) => {
    const days = (last - (first ?? last)) / DAY_SECONDS;
    return counts[kind].harms <= tokens + 0.05 * counts[kind].right + perDay * days;
  };
  for (const batch of ledger) {
    const { budgets } = batch;
    for (const entry of labelsOf(batch)) {
      first ??= entry.labelAt;
      last = Math.max(last, entry.labelAt);
      count(counts, entry);
      for (const kind of ['statement', 'intervention'] as const) {
        if (!holds(kind, budgets[kind])) return [`11: the bound of ${kind}s is broken on ${cluster}, ${entry.jobId}`];
      }
    }
  }
  return [];
}

function count(counts: Record<Kind, { harms: number; right: number }>, entry: LedgerEntry): void {
  const { kind, executed, harmed, intervened, longWait, q } = entry;
  if (kind === 'intervention' && executed && harmed) counts.intervention.harms += 1;
  if (longWait === null || intervened || q === null) return;
  const right = q >= 0.5 === longWait;
  if (kind === 'statement' && executed) counts.statement[right ? 'right' : 'harms'] += 1;
  if (q >= 0.7 && right) counts.intervention.right += 1;
}

/** 6: by one who may, in time, once, and for what was shown; and nothing that needed an answer was done without. */
function badAnswers(before: Evidence, now: Evidence, { effects, undone }: World): string[] {
  const found: string[] = [];
  for (const [id, approval] of now.approvals) {
    const { status, decided_by: by, expires_at, answered_at, job_id, pinned } = approval;
    const answered = answered_at !== undefined && (status === 'approved' || status === 'denied');
    if (answered && !APPROVERS.includes(by ?? '')) found.push(`6: ${id} was answered by ${by}`);
    if (answered && answered_at >= expires_at) found.push(`6: ${id} was answered at ${answered_at}, too late`);
    if (status === 'approved' && !answered) found.push(`6: ${id} is approved and nobody answered`);
    if (pinned.argumentsHash !== now.jobs.get(job_id)?.decision?.argumentsHash)
      found.push(`6: ${id} shows something else`);
    const was = before.approvals.get(id);
    if (was === undefined || was.status === 'pending') continue;
    const same = was.status === status && was.decided_by === by;
    if (!same && !(was.status === 'approved' && status === 'void')) found.push(`6: the answer to ${id} has changed`);
  }
  for (const [decisionId, { jobId }] of effects) {
    if (now.jobs.get(jobId)?.decision?.next !== 'ask') continue;
    const answer = now.approvals.get(decisionId);
    if (answer?.answered_at === undefined) found.push(`6: ${decisionId} was done and nobody had said so`);
    if (answer?.status === 'denied') found.push(`6: ${decisionId} was denied and is done`);
  }
  for (const decisionId of undone) {
    const by = now.approvals.get(decisionId)?.undo_asked_by;
    if (!APPROVERS.includes(by ?? '')) found.push(`6: ${decisionId} was undone for ${by}`);
  }
  return found;
}

/** An answer that was taken from somebody who may give it, in time, is not forgotten. */
function unheard({ approvals }: Evidence, heard: readonly Heard[]): string[] {
  const found: string[] = [];
  for (const { approvalId, by, what, at, refused } of heard) {
    const approval = approvals.get(approvalId);
    const inTime = at < Date.parse(approval?.expires_at ?? '');
    if (!inTime || !APPROVERS.includes(by)) continue;
    if (what === 'approve' && approval?.status === 'pending') found.push(`6: ${by} approved ${approvalId}, forgotten`);
    if (what !== 'denial' || refused) continue;
    if (approval?.status !== 'denied') found.push(`6: ${by} denied ${approvalId}, which is ${approval?.status}`);
  }
  return found;
}

const Line = z.object({ type: z.string().optional(), name: z.string().optional(), path: z.string() });

/** A history only grows; a state that was entered once is left once, and its task succeeds once. */
function brokenHistories(before: Evidence, now: Evidence): string[] {
  const found: string[] = [];
  for (const [key, lines] of before.executions) {
    const after = now.executions.get(key) ?? [];
    if (!lines.every((line, index) => after[index] === line)) found.push(`history of ${key} was rewritten`);
  }
  for (const [key, lines] of now.executions) {
    if (before.executions.get(key)?.length === lines.length) continue;
    if (historyOf(lines).some(({ id }, index) => id !== index + 1)) found.push(`history of ${key} has gaps`);
    /** The state that a line of control is in, and whether its task has succeeded. */
    const inside = new Map<string, { name: string; succeeded: boolean }>();
    for (const { type = '', name = '', path } of lines.map((line) => Line.parse(JSON.parse(line)))) {
      const state = inside.get(path);
      const where = `${key} at ${path || 'its root'}: ${type} ${name || (state?.name ?? '')}`;
      if (type.endsWith('StateEntered')) {
        if (state !== undefined) found.push(`${where}, and ${state.name} was not left`);
        inside.set(path, { name, succeeded: false });
      } else if (type.endsWith('StateExited')) {
        if (state?.name !== name) found.push(`${where}, which was not entered`);
        inside.delete(path);
      } else if (type === 'TaskSucceeded' && state !== undefined) {
        if (state.succeeded) found.push(`${where} for the second time`);
        state.succeeded = true;
      } else if (type === 'EvaluationFailed' && state !== undefined) state.succeeded = false;
      // A fork that is tried again begins its branches anew.
      else if (/^(Map|Parallel)StateStarted$/.test(type)) {
        for (const below of inside.keys()) if (below.startsWith(`${path}/`)) inside.delete(below);
      }
    }
  }
  return found;
}

/** 3 and 4, once nothing is open any more and every job has started. */
export function unfinished({ jobs, approvals }: Evidence, { submitted, world }: Seen): string[] {
  const found: string[] = [];
  for (const [id, { status, job_id, undo_asked_at }] of approvals) {
    const row = jobs.get(job_id);
    if (status === 'denied' && row?.status !== 'denied') found.push(`6: ${id} was denied, its job is ${row?.status}`);
    if (undo_asked_at === undefined || row?.effect?.intervened !== true) continue;
    const undone = row.effect.status === 'undone' && world.undone.has(id);
    if (!undone) found.push(`6: ${id} was to be undone, its effect is ${row.effect.status}`);
  }
  for (const jobId of submitted) {
    const row = jobs.get(jobId);
    if (row?.closed_at === undefined) found.push(`3: ${jobId} has no closed record`);
    if (row?.decision?.foldable === true && row.folded_in === undefined) found.push(`4: ${jobId} was never folded`);
  }
  return found;
}

/**
 * Where the outcome overtook the claim and the decision came too late to teach, the row has no label before anybody looks
 * again: the event that comes twice, or the monitor.
 */
function withoutLateLabel(job: JobItem): Partial<JobItem> {
  if (job.decision?.foldable !== false) return job;
  const { long_wait: _wait, label_at: _at, actual_wait: _actual, error: _error, ...rest } = job;
  return rest;
}

/** 9: what a replayed archive has changed. */
export function changes(before: Evidence, now: Evidence, effectsBefore: number, { effects }: World): string[] {
  const found: string[] = [];
  const compare = <T>(what: string, a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>, of: (one: T) => unknown) => {
    for (const key of new Set([...a.keys(), ...b.keys()])) {
      const [was, is] = [a.get(key), b.get(key)].map((one) => (one === undefined ? null : JSON.stringify(of(one))));
      if (was !== is) found.push(`9: the replay has changed ${what} ${key}: ${was} -> ${is}`);
    }
  };
  compare('job', before.jobs, now.jobs, withoutLateLabel);
  compare('approval', before.approvals, now.approvals, ({ status, decided_by, answered_at }) => [
    status,
    decided_by,
    answered_at,
  ]);
  compare('ledger', before.ledgers, now.ledgers, (ledger) => ledger);
  // Reserved in a life that ended before the decision, and in the next it was too late to act: the monitor frees that.
  const needed = (jobId: string) => before.jobs.get(jobId)?.decision?.executed === true;
  compare('calibration', before.calibrations, now.calibrations, ({ state, version, in_flight_statement: held }) => [
    ...[Buffer.from(state).toString('base64'), version],
    [...(held ?? [])].filter(needed).sort(),
  ]);
  if (effects.size !== effectsBefore) found.push(`9: the replay had ${effects.size - effectsBefore} effects`);
  return found;
}
