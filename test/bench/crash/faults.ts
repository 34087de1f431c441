import * as z from 'zod';
import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import { applyBatch, birth } from '../../../functions/domain/fold-batch.ts';
import { labelsOf } from '../../../functions/domain/ledger-lines.ts';
import { costOfPlace, keyOfBytes, placeOf } from '../../../functions/domain/place.ts';
import { TIER_INDEXES, tierOf } from '../../../functions/domain/reservations.ts';
import { effectIdOf } from '../../../functions/domain/subject.ts';
import { historyOf } from '../../../infra/runtime/engine/history.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import { brokenPromises } from '../../fixtures/promises.ts';
import type { Evidence } from './evidence.ts';
import type { Heard } from './people.ts';
import { APPROVERS } from './settings.ts';
import type { World } from './world.ts';

const WHOSE = ['own', 'asked'] as const;

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
      ...brokenPromises(ledger).map((sentence) => `11: on ${cluster}, ${sentence}`),
      ...unbalancedTokens(cluster, now),
    ]),
    ...badAnswers(before, now, world),
    ...brokenHistories(before, now),
  ];
}

/** 1 and 2: of a decision at most one effect of its own, and one more of its approval. */
function effectsWithoutRecord({ jobs }: Evidence, { effects, repeated }: World): string[] {
  const found = repeated.map((effectId) => `2: effect ${effectId} was asked for twice`);
  const had = new Set<string>();
  for (const [effectId, asked] of effects) {
    const { jobId, action } = asked;
    const decision = jobs.get(jobId)?.decision;
    const whose = decision && WHOSE.find((one) => effectIdOf(decision.decisionId, one) === effectId);
    const permitted = whose === 'asked' ? decision?.asks?.arguments : decision?.executed && decision.arguments;
    const same =
      whose !== undefined &&
      permitted &&
      permitted.action === action &&
      ('text' in asked ? permitted.text === asked.text : true) &&
      ('delta' in asked ? Number(permitted.target) === asked.delta : true);
    if (!same) found.push(`1: no record permits effect ${effectId} ${action} on ${jobId}`);
    if (had.has(`${jobId} ${whose}`)) found.push(`2: ${jobId} has two effects of its ${whose} decision`);
    had.add(`${jobId} ${whose}`);
  }
  return found;
}

/** 3. */
function lostEvents({ started }: Evidence, submitted: Iterable<string>): string[] {
  return [...submitted].filter((jobId) => !started.has(jobId)).map((jobId) => `3: ${jobId} was accepted and is lost`);
}

/** 4. A batch may be ahead of the state by one: the fold of the next will finish it. */
function misfolded(cluster: string, ledger: readonly LedgerItem[], { jobs, calibrations }: Evidence): string[] {
  const found: string[] = [];
  const folded = new Map<string, number>();
  let state: Uint8Array | undefined;
  const stored = calibrations.get(cluster);
  for (const [index, batch] of ledger.entries()) {
    if (batch.version !== index) found.push(`4: ledger of ${cluster} has a gap before ${batch.version}`);
    for (const { jobId } of labelsOf(batch.entries)) {
      if (folded.has(jobId)) found.push(`4: ${jobId} is folded twice`);
      folded.set(jobId, batch.version);
    }
    state = state === undefined ? birth(batch.tiers).state : applyBatch(state, batch).state;
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

/** 11, beside the ledger: what is free and what is reserved are the tokens that the fold has left, at every moment. */
function unbalancedTokens(cluster: string, { calibrations, jobs }: Evidence): string[] {
  const item = calibrations.get(cluster);
  if (item === undefined) return [];
  const found: string[] = [];
  const settled = new Set<string>();
  for (const { cluster_id, decision, folded_in } of jobs.values()) {
    if (cluster_id === cluster && decision && folded_in !== undefined && folded_in <= item.version) {
      settled.add(placeKeyOf(decision));
    }
  }
  for (const [i, { tokens }] of deserialise(item.state).tiers.entries()) {
    const { free, places } = tierOf(item, TIER_INDEXES[i] ?? 1);
    const reserved = [...places].reduce((sum, place) => sum + costOfPlace(place), 0);
    const where = `tier ${i + 1} of ${cluster}`;
    if (free + reserved !== tokens) found.push(`11: ${free} free and ${reserved} reserved of ${tokens} of ${where}`);
    const left = [...places].map(keyOfBytes).filter((place) => settled.has(place));
    if (left.length > 0) found.push(`11: ${left.length} settled decisions still reserve tokens of ${where}`);
  }
  return found;
}

const placeKeyOf = (decision: Decision) => keyOfBytes(placeOf(decision, decision.cost, new Date(decision.decidedAt)));

/** 6: by one who may, in time, once, and for what was shown; and nothing that needed an answer was done without. */
function badAnswers(before: Evidence, now: Evidence, { effects, undone }: World): string[] {
  const found: string[] = [];
  for (const [id, approval] of now.approvals) {
    const { status, decided_by: by, expires_at, answered_at, job_id, pinned, subject } = approval;
    const answered = answered_at !== undefined && (status === 'approved' || status === 'denied');
    if (answered && !APPROVERS.includes(by ?? '')) found.push(`6: ${id} was answered by ${by}`);
    if (answered && answered_at >= expires_at) found.push(`6: ${id} was answered at ${answered_at}, too late`);
    if (status === 'approved' && !answered) found.push(`6: ${id} is approved and nobody answered`);
    const hashOf = (decision?: Decision) => (subject.whose === 'asked' ? decision?.asks : decision)?.argumentsHash;
    const shown = [hashOf(now.jobs.get(job_id)?.decision), hashOf(pinned)];
    if (shown.some((hash) => hash !== subject.argumentsHash)) found.push(`6: ${id} shows something else`);
    const was = before.approvals.get(id);
    if (was === undefined || was.status === 'pending') continue;
    const same = was.status === status && was.decided_by === by;
    if (!same && !(was.status === 'approved' && status === 'void')) found.push(`6: the answer to ${id} has changed`);
  }
  for (const [id, answer] of now.approvals) {
    const effectId = effectIdOf(id, 'asked');
    if (!effects.has(effectId)) continue;
    if (answer.answered_at === undefined) found.push(`6: ${effectId} was done and nobody had said so`);
    if (answer.status === 'denied') found.push(`6: ${effectId} was denied and is done`);
  }
  const approvalOf = new Map([...now.approvals].map(([id, approval]) => [effectIdOf(id, 'asked'), approval]));
  for (const [effectId] of effects) {
    const isAsked = effectId.endsWith(effectIdOf('', 'asked'));
    if (isAsked && !approvalOf.has(effectId)) found.push(`6: ${effectId} was done and nobody was asked`);
  }
  for (const effectId of undone) {
    const by = approvalOf.get(effectId)?.undo_asked_by;
    if (!APPROVERS.includes(by ?? '')) found.push(`6: ${effectId} was undone for ${by}`);
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
    // What the agent did besides is what the job is closed as.
    const closed = row?.decision?.executed ? 'acted' : 'denied';
    if (status === 'denied' && row?.status !== closed) found.push(`6: ${id} was denied, its job is ${row?.status}`);
    const effect = row?.approved_effect;
    if (undo_asked_at === undefined || effect?.intervened !== true) continue;
    const undone = effect.status === 'undone' && world.undone.has(effectIdOf(id, 'asked'));
    if (!undone) found.push(`6: ${id} was to be undone, its effect is ${effect.status}`);
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
  // Reserved in a life that ended before its decision was recorded: the monitor frees that, sooner or later.
  const recorded = new Set(
    [...before.jobs.values()].flatMap(({ decision }) => (decision ? [placeKeyOf(decision)] : [])),
  );
  compare('calibration', before.calibrations, now.calibrations, (item) => [
    ...[Buffer.from(item.state).toString('base64'), item.version],
    TIER_INDEXES.map((tier) => {
      const held = [...tierOf(item, tier).places].map(keyOfBytes);
      return held.filter((place) => recorded.has(place)).sort();
    }),
  ]);
  if (effects.size !== effectsBefore) found.push(`9: the replay had ${effects.size - effectsBefore} effects`);
  return found;
}
