import type { ClusterConfig } from '../../schemas/config.ts';
import type { Decision, ServedPrediction } from '../../schemas/decision.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { Job } from '../../schemas/machines/job-workflow.ts';
import type { VgacPrediction } from '../../schemas/ports/vgac.ts';
import type { Kind } from '../../schemas/primitives.ts';
import type { Verdict } from '../../schemas/verdict.ts';
import { deserialise, UnreadableState } from '../domain/calibration/codec.ts';
import { serve } from '../domain/calibration/serve.ts';
import type { CalibrationState } from '../domain/calibration/state.ts';
import { decide, propose, withRefusedReservation } from '../domain/gate.ts';
import { roundKey } from '../domain/round.ts';
import { GATE } from '../domain/thresholds.ts';
import { calibrationFrom, calibrationKey, release, reserve } from './calibration-store.ts';
import { configFrom, configKey } from './config-store.ts';
import { jobFrom, loadJob, recordDecision } from './job-store.ts';
import { loadUsage } from './limit-store.ts';
import { type Items, readTogether } from './read-together.ts';
import { isUnreadable, jobKey, type Table } from './table.ts';

/** An outcome can overtake a decision once or twice; more is a fault, and the machine's Catch closes the job. */
const ATTEMPTS = 3;

/** The row was never claimed, or kept changing under the decision. Nothing was recorded. */
export class DecisionNotRecorded extends Error {
  override name = 'DecisionNotRecorded' as const;
}

/**
 * Decides, reserves and records, in this order, so that no effect precedes its record and no decision exists twice:
 * a retry, or an attempt thought lost, finds what was recorded first and returns that.
 */
export async function recordOnce(
  table: Table,
  { job, verdict, said, evidence }: { job: Job; verdict: Verdict | null; said: VgacPrediction; evidence: Evidence },
  now: Date,
): Promise<Decision> {
  const { clusterId, jobId } = job;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { config, row, state, inFlight } = attempt === 0 ? evidence : await readEvidence(table, job);
    if (row?.decision) return row.decision;
    if (!row?.claimed_by) throw new DecisionNotRecorded(`job ${jobId} of ${clusterId} was never admitted`);

    const prediction = servedPrediction(state, said);
    const proposal = propose(prediction.q, config, job);
    // Cooldown and rate are about interventions only.
    const action = proposal.kind === 'intervention' ? proposal.arguments?.action : undefined;
    let decision = decide({
      job,
      ownEffect: row.own_effect_of !== undefined,
      started: row.started_at !== undefined,
      labelKnown: row.label_at !== undefined || row.ended_at !== undefined || row.cancelled_at !== undefined,
      prediction,
      verdict,
      state,
      inFlight,
      config,
      limits: await loadUsage(table, config, { jobId, action }, now),
      now,
    });
    if (decision.executed && !(await reserve(table, clusterId, decision.kind, roundKey(job)))) {
      decision = withRefusedReservation(decision);
    }
    const due = Date.parse(job.submittedAt) + (config.longWaitSeconds + GATE.labelGraceSeconds) * 1000;
    if (await recordDecision(table, decision, new Date(due).toISOString())) return decision;

    // Somebody was faster. A place in flight is given back only if no recorded decision stands on it.
    if (decision.executed && !(await loadJob(table, job))?.decision?.executed) {
      await release(table, clusterId, [roundKey(job)]);
    }
  }
  throw new DecisionNotRecorded(`the row of job ${jobId} of ${clusterId} kept changing`);
}

/** Without a readable state nothing can be served: the point wait stands without bounds, and the gate escalates. */
function servedPrediction(state: CalibrationState | null, said: VgacPrediction): ServedPrediction {
  const { pLongWait: p, waitSeconds, confidence } = said;
  const bounds = { q: null, lowerSeconds: 0, upperSeconds: waitSeconds, upper90Seconds: waitSeconds };
  return { p, waitSeconds, confidence, ...(state ? serve(state, { p, waitSeconds }) : bounds) };
}

/** What a decision stands on, as one read found it. */
export interface Evidence {
  config: ClusterConfig;
  row: JobItem | null;
  /** Null when there is none, or it cannot be read: the job is then predicted and escalated. */
  state: CalibrationState | null;
  /** Places taken by other jobs. */
  inFlight: Record<Kind, number>;
}

/**
 * Reads configuration, row and calibration together. They may be read before VGAC is asked: what must not have changed
 * meanwhile is in the conditions of the reservation and of the record.
 */
export async function readEvidence(table: Table, job: Job): Promise<Evidence> {
  const { clusterId, platform } = job;
  const items = await readTogether(table, [configKey(clusterId), jobKey(job), calibrationKey(clusterId)]);
  return {
    config: configFrom(items, clusterId, platform),
    row: jobFrom(items, job),
    ...calibrationOf(items, job),
  };
}

function calibrationOf(items: Items, job: Job): Pick<Evidence, 'state' | 'inFlight'> {
  const others = (ids: Set<string> | undefined) => (ids?.size ?? 0) - (ids?.has(roundKey(job)) ? 1 : 0);
  try {
    const item = calibrationFrom(items, job.clusterId);
    const inFlight = {
      statement: others(item?.in_flight_statement),
      intervention: others(item?.in_flight_intervention),
    };
    return { state: item ? deserialise(item.state) : null, inFlight };
  } catch (error) {
    if (!(isUnreadable(error) || error instanceof UnreadableState)) throw error;
    return { state: null, inFlight: { statement: 0, intervention: 0 } };
  }
}
