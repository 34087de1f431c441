import { DeleteCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import { expect, vi } from 'vitest';
import {
  closeCalls,
  giveBack,
  loadCalibration,
  loadOrCreateCalibration,
  take,
} from '../../../../functions/adapters/tables/calibration.ts';
import { claimJob, recordDecision } from '../../../../functions/adapters/tables/jobs.ts';
import { readLedger } from '../../../../functions/adapters/tables/ledger.ts';
import { clusterKey, type Table } from '../../../../functions/adapters/tables/table.ts';
import { deserialise } from '../../../../functions/domain/calibration/codec.ts';
import { needOf } from '../../../../functions/domain/calibration/purse.ts';
import { decisionId } from '../../../../functions/domain/ids.ts';
import { isWait, labelsOf } from '../../../../functions/domain/ledger-lines.ts';
import { placeOf } from '../../../../functions/domain/place.ts';
import { TIER_INDEXES, tierOf } from '../../../../functions/domain/reservations.ts';
import { type Round, roundHash, roundKey } from '../../../../functions/domain/round.ts';
import { ClusterConfig } from '../../../../schemas/config.ts';
import type { Decision } from '../../../../schemas/decision.ts';
import type { CalibrationItem } from '../../../../schemas/items/calibration.ts';
import { aDecision, aJob } from '../../../fixtures/builders.ts';
import { context } from '../../../fixtures/handlers.ts';

export const SUBMITTED = Date.parse('2026-11-20T08:00:00.000Z');
export const T = 300;
/** An instant so many seconds after the submission. */
export const moment = (seconds: number) => new Date(SUBMITTED + seconds * 1000);
export const instant = (seconds: number) => moment(seconds).toISOString();
/** When a job that never reports can be settled. */
export const OVERDUE = moment(T + 60);

/** The round of a job that was submitted at the beginning, and its key. */
export const roundOf = (clusterId: string, jobId: string): Round => ({ clusterId, jobId, submittedAt: instant(0) });
export const keyOf = (jobId: string) => roundKey({ jobId, submittedAt: instant(0) });

export const configOf = (clusterId: string, more: object = {}): ClusterConfig =>
  ClusterConfig.parse({ clusterId, platform: 'slurm', longWaitSeconds: T, ...more });

/** A decision as Predict records it: an executed warning, q = 0.55. */
export function decisionOf(clusterId: string, jobId: string, more: Partial<Decision> = {}): Decision {
  const { prediction, evidence } = aDecision();
  return aDecision({
    decisionId: decisionId(roundOf(clusterId, jobId)),
    ...roundOf(clusterId, jobId),
    decidedAt: instant(0),
    // Its label settles every bound.
    prediction: {
      ...prediction,
      p: 0.6,
      q: 0.55,
      waitSeconds: 60,
      lowerSeconds: 0,
      upperSeconds: 250,
      upper90Seconds: 200,
    },
    evidence: { ...evidence, epoch: 0, version: 0 },
    longWaitSeconds: T,
    ...more,
  });
}

export async function claim(table: Table, clusterId: string, jobId: string): Promise<void> {
  await claimJob(table, aJob({ clusterId, jobId, submittedAt: instant(0) }), `arn:execution:${jobId}`, moment(0));
}

/** What job-workflow leaves behind for one job: claim, reservation, decision. */
export async function decided(
  table: Table,
  clusterId: string,
  jobId: string,
  more: Partial<Decision> = {},
): Promise<void> {
  const decision = decisionOf(clusterId, jobId, more);
  await claim(table, clusterId, jobId);
  await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
  await reserve(table, decision);
  const recorded = await recordDecision(table, decision, OVERDUE.toISOString());
  if (!recorded) throw new Error(`the decision of ${jobId} was not recorded`);
}

/** Takes what a decision needs, as Predict does before it records it. */
export async function reserve(table: Table, decision: Decision): Promise<boolean> {
  const called = TIER_INDEXES.find((tier) => tier === decision.called);
  if (called === undefined) return true;
  const tier = TIER_INDEXES.find((number) => number === decision.tier);
  const place = placeOf(decision, decision.cost, new Date(decision.decidedAt));
  const reserves = tier === undefined ? null : { tier, place, cost: decision.cost, need: needOf(tier) };
  return take(table, decision.clusterId, { called, demand: 1, open: roundHash(decision), reserves });
}

/** Gives it back, as Predict does where its decision was not recorded. */
export async function release(table: Table, decision: Decision): Promise<void> {
  const place = placeOf(decision, decision.cost, new Date(decision.decidedAt));
  for (const tier of TIER_INDEXES) {
    if (tier === decision.tier) await giveBack(table, decision.clusterId, tier, place);
    if (tier === decision.called) await closeCalls(table, decision.clusterId, tier, [roundHash(decision)]);
  }
}

/** How many decisions have something reserved, over all tiers; and how many calls are open. */
export function taken(item: CalibrationItem): { places: number; open: number } {
  const tiers = TIER_INDEXES.map((tier) => tierOf(item, tier));
  const sum = (of: (tier: (typeof tiers)[number]) => number) => tiers.reduce((total, tier) => total + of(tier), 0);
  return { places: sum(({ places }) => places.size), open: sum(({ open }) => open.size) };
}

/** Nothing is in flight, and what is free is what the state has. */
export function expectNothingTaken(item: CalibrationItem): void {
  expect(taken(item)).toEqual({ places: 0, open: 0 });
  const { tiers } = deserialise(item.state);
  expect(TIER_INDEXES.map((tier) => tierOf(item, tier).free)).toEqual(tiers.map(({ tokens }) => tokens));
}

export async function calibrationOf(table: Table, clusterId: string): Promise<CalibrationItem> {
  const item = await loadCalibration(table, clusterId);
  if (!item) throw new Error(`${clusterId} has no calibration`);
  return item;
}

/** Job ids of the labels in the ledger, in fold order, duplicates and all. */
export async function ledgerJobs(table: Table, clusterId: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { entries } of readLedger(table, clusterId))
    ids.push(...labelsOf(entries).map(({ jobId }) => jobId));
  return ids;
}

/** The same of the waits that became known after their label was folded. */
export async function ledgerWaits(table: Table, clusterId: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { entries } of readLedger(table, clusterId))
    ids.push(...entries.filter(isWait).map(({ jobId }) => jobId));
  return ids;
}

/** Job ids still in the sparse index. */
export async function indexed(table: Table, clusterId: string): Promise<string[]> {
  const page = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: 'unfolded',
      KeyConditionExpression: 'unfolded = :cluster',
      ExpressionAttributeValues: { ':cluster': clusterKey(clusterId) },
    }),
  );
  return (page.Items ?? []).map((item) => String(item.SK));
}

/** Hands over a time, as the embedded build does; call it where a test file starts. */
export function useEmbeddedClock(): (seconds: number) => Context {
  vi.stubGlobal('EMBEDDED_BUILD', true);
  // IngestOutcome tells people when it makes a question void; here nobody is asked anything.
  Object.assign(process.env, {
    EVENT_BUS_NAME: 'vgac',
    SLACK_API_BASE_URL: 'https://slack.test/api',
    SLACK_BOT_TOKEN_NAME: 'bot',
  });
  return (seconds) => Object.assign({}, context, { embeddedNow: moment(seconds).getTime() });
}

export class Crash extends Error {
  override name = 'Crash' as const;
}

/** Which kind of item a command writes to: `CALIBRATION`, `LEDGER`, `JOB`. */
const writtenTo = ({ input }: { input: object }): string => {
  const { Key, Item } = input as { Key?: { SK?: unknown }; Item?: { SK?: unknown } };
  return String(Key?.SK ?? Item?.SK).replace(/#.*/, '');
};

/**
 * The same table for a process that dies at its k-th write (from 1), before or after the write took effect.
 * @param among counts only writes to items of this kind, and is told of the death
 */
export function dyingTable(
  table: Table,
  k: number,
  when: 'before' | 'after',
  among?: { item: string; onDeath: () => void },
): Table & { writes(): number } {
  let writes = 0;
  let dead = false;
  const send = async (command: unknown) => {
    if (dead) throw new Crash('dead already');
    const isWrite =
      command instanceof PutCommand || command instanceof UpdateCommand || command instanceof DeleteCommand;
    if (isWrite && (!among || writtenTo(command) === among.item) && ++writes === k) {
      dead = true;
      among?.onDeath();
      if (when === 'after') await Reflect.apply(table.client.send, table.client, [command]);
      throw new Crash(`write ${k}, ${when}`);
    }
    return Reflect.apply(table.client.send, table.client, [command]);
  };
  return { name: table.name, client: Object.create(table.client, { send: { value: send } }), writes: () => writes };
}
