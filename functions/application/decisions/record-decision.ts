import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Decision, ServedPrediction } from '../../../schemas/decision.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import type { Reason, Verdict } from '../../../schemas/verdict.ts';
import { type AskPlaces, whyNotAsk } from '../../domain/asking.ts';
import { demandAfter } from '../../domain/calibration/demand.ts';
import { needOf } from '../../domain/calibration/purse.ts';
import { asksSomebody } from '../../domain/closing.ts';
import { decide } from '../../domain/gate.ts';
import { decisionId } from '../../domain/ids.ts';
import { holdOutDraw } from '../../domain/lottery.ts';
import { placeOf } from '../../domain/place.ts';
import { proposalOf } from '../../domain/proposal.ts';
import { TIER_INDEXES } from '../../domain/reservations.ts';
import { roundHash, roundText } from '../../domain/round.ts';
import { serve, type VgacSaid } from '../../domain/served.ts';
import { GATE, TIERS } from '../../domain/thresholds.ts';
import type { Limits } from '../../domain/tier-gate.ts';
import { type Evidence, readEvidence } from './evidence.ts';
import type { DecisionStore, Taking } from './ports.ts';

/** Outcomes and other decisions may overtake this one a few times; more is a fault, and the machine's Catch closes the job. */
const ATTEMPTS = 6;
/** A question's place outlives the execution's timeout, then frees itself. */
const PLACE_GRACE_MS = 120_000;

/** The row was never claimed, or kept changing during the decision. Nothing was recorded. */
export class DecisionNotRecorded extends Error {
  override name = 'DecisionNotRecorded' as const;
}

/**
 * Decides, reserves and records, in this order, so that no effect precedes its record and no decision exists twice: a retry,
 * or an attempt thought lost, finds the first record and returns it. If what it needs is no longer free, it decides again with
 * fresh tokens.
 */
export async function recordDecisionOnce(
  store: DecisionStore,
  { job, verdict, said, evidence }: { job: Job; verdict: Verdict | null; said: VgacSaid; evidence: Evidence },
  now: Date,
): Promise<Decision> {
  const { clusterId, jobId } = job;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = attempt === 0 ? evidence : await readEvidence(store, job);
    if (found.row?.decision) return found.row.decision;
    if (!found.row?.claimed_by) throw new DecisionNotRecorded(`job ${jobId} of ${clusterId} was never admitted`);
    const { prediction, forecast } = serve(found.state, found.standing, job, said);
    const decision = decide({
      job,
      ownEffect: found.row.own_effect_of !== undefined,
      started: found.row.started_at !== undefined,
      labelKnown: isOver(found.row),
      prediction,
      forecastLabels: forecastLabels(found, prediction),
      verdict,
      state: found.state,
      purse: found.purse,
      config: found.config,
      limits: await limitsOf(store, job, found, now),
      askBarred: (tier) => whyNobodyIsAsked(job, found, tier, now),
      draw: () => holdOutDraw(saltOf(found.config), roundText(job)),
      now,
    });
    const taking = takingOf(job, decision, found);
    if (taking !== null && !(await store.take(clusterId, taking))) continue;
    if (asksSomebody(decision) && !(await askedFor(store, decision, found.config, now))) {
      await undoTaking(store, job, taking);
      continue;
    }
    const due = Date.parse(job.submittedAt) + (found.config.longWaitSeconds + GATE.labelGraceSeconds) * 1000;
    if (await store.recordDecision(decision, new Date(due).toISOString(), forecast)) return decision;

    // Another attempt was faster. Release what was reserved, unless the recorded decision is this very one.
    const recorded = (await store.loadJob(job))?.decision;
    if (recorded?.decidedAt === decision.decidedAt) return recorded;
    await undoTaking(store, job, taking);
    if (asksSomebody(decision) && !(recorded && asksSomebody(recorded))) {
      await store.forgetPlace(clusterId, decision.decisionId, now);
    }
  }
  throw new DecisionNotRecorded(`the row of job ${jobId} of ${clusterId} kept changing`);
}

/** Null when the forecast is unreadable or not finite. */
function forecastLabels({ state, standing }: Evidence, { q }: ServedPrediction): number | null {
  if (standing === null || (state !== null && q === null)) return null;
  return standing.state.queue.longs.size;
}

function isOver({ label_at, ended_at, cancelled_at }: JobItem): boolean {
  return label_at !== undefined || ended_at !== undefined || cancelled_at !== undefined;
}

function saltOf({ salt, clusterId }: ClusterConfig): string {
  return salt ?? clusterId;
}

/** Where each tier's action stands against its limits; statements have none. */
async function limitsOf(store: DecisionStore, job: Job, { config, places }: Evidence, now: Date): Promise<Limits[]> {
  const { cooldownMinutes, actionsPerHour } = config.limits;
  return Promise.all(
    TIERS.map(async (name, i) => {
      const tier = i + 1;
      const action = tier >= 3 ? proposalOf(tier, config, job)?.action : undefined;
      const usage = await store.loadUsage(config, { jobId: job.jobId, action }, now);
      const hold = name === 'gate' && !config.dryRun;
      const noPlaceToAsk = hold ? whyNot(job, config, places, tier, now) : null;
      return { ...usage, cooldownMinutes, actionsPerHour, noPlaceToAsk };
    }),
  );
}

function whyNobodyIsAsked(job: Job, { config, places }: Evidence, tier: number, now: Date): Reason | null {
  const message = whyNot(job, config, places, tier, now);
  return message === null ? null : { code: 'notAsked', message, scope: 'escalate' };
}

/** Why nobody can be asked about a tier of this job now; null when somebody can. */
function whyNot(job: Job, config: ClusterConfig, places: AskPlaces, tier: number, now: Date): string | null {
  const name = TIERS[tier - 1];
  if (name !== 'suggest' && name !== 'gate') return `nobody is asked about tier ${tier}`;
  if (config.approvers[name].length === 0) return `nobody is configured to approve ${name} on this cluster`;
  return whyNotAsk(places, { id: decisionId(job), tier }, config.asking, now.getTime());
}

/** What a decision reserves before it is recorded; null if it calls for nothing. */
function takingOf(job: Job, decision: Decision, { demand, open }: Evidence): Taking | null {
  const called = TIER_INDEXES.find((tier) => tier === decision.called);
  if (called === undefined || !decision.foldable) return null;
  const tier = TIER_INDEXES.find((number) => number === decision.tier);
  const place = placeOf(job, decision.cost, new Date(decision.decidedAt));
  const need = tier === undefined ? 0 : needOf(tier);
  return {
    called,
    demand: demandAfter(demand[called - 1] ?? 0, (open[called - 1] ?? 0) + 1),
    open: roundHash(job),
    reserves: tier === undefined ? null : { tier, place, cost: decision.cost, need },
  };
}

async function undoTaking(store: DecisionStore, job: Job, taking: Taking | null): Promise<void> {
  if (taking === null) return;
  if (taking.reserves !== null) await store.giveBack(job.clusterId, taking.reserves.tier, taking.reserves.place);
  await store.closeCalls(job.clusterId, taking.called, [taking.open]);
}

async function askedFor(store: DecisionStore, decision: Decision, config: ClusterConfig, now: Date): Promise<boolean> {
  const until = now.getTime() + decision.approvalTtlSeconds * 1000 + PLACE_GRACE_MS;
  const question = { id: decision.decisionId, tier: decision.asks?.tier ?? decision.tier, until };
  return (await store.takePlace(config.clusterId, question, config.asking, now)) === null;
}
