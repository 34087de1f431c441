import { NOBODY } from '../../domain/approval.ts';
import { digestIdOf } from '../../domain/digest-id.ts';
import { type Fatigue, fatigue } from '../../domain/fatigue.ts';
import { countDay, isNews } from '../../domain/withheld.ts';
import type { DigestMessages } from './messages.ts';
import type { DigestStore, FatigueStore } from './ports.ts';

const DAY_MS = 86_400_000;
/** Long enough to show a habit. */
const FATIGUE_DAYS = 30;

interface DigestPorts {
  store: DigestStore;
  messages: DigestMessages;
  now: Date;
}

/** Posts a digest for every cluster. @returns how many were posted */
export async function postDailyDigests(ports: DigestPorts, defaultChannel: string): Promise<number> {
  const { store } = ports;
  let posted = 0;
  for (const clusterId of await store.listClusters()) {
    const { slackChannel } = await store.loadConfig(clusterId);
    if (await postDailyDigest(ports, clusterId, slackChannel ?? defaultChannel)) posted += 1;
  }
  return posted;
}

/**
 * Posts, once a day, what became of a cluster's jobs on the day before `now`, if there is anything to report.
 * @returns whether it was posted
 */
export async function postDailyDigest(
  { store, messages, now }: DigestPorts,
  clusterId: string,
  channel: string,
): Promise<boolean> {
  const today = Date.parse(now.toISOString().slice(0, 10));
  const from = new Date(today - DAY_MS);
  const date = from.toISOString().slice(0, 10);
  const rows = [];
  for await (const row of store.rowsBetween(clusterId, from, new Date(today))) rows.push(row);
  const day = countDay(rows);
  const people = await readFatigue(store, clusterId, now);
  if (!isNews(day, people)) return false;
  // A digest that was begun but not posted is posted now, so that a crash in between loses none.
  const digest = await store.beginDigest(clusterId, date, messages.linesOf(clusterId, date, day, people));
  if (digest === null || !(await messages.postDigest(channel, digest))) return false;
  await store.markPosted(clusterId, date, now);
  const fact = { at: now.toISOString(), who: NOBODY, what: 'digest posted' };
  await store.audit({ approval_id: digestIdOf(clusterId, date) }, fact);
  return true;
}

/** How people answered a cluster's approvals in the last 30 days, for the digest and the console. */
export async function readFatigue(store: FatigueStore, clusterId: string, now: Date): Promise<Fatigue[]> {
  const answered = [];
  const since = new Date(now.getTime() - FATIGUE_DAYS * DAY_MS);
  for await (const approval of store.closedApprovals(clusterId, since)) answered.push(approval);
  return fatigue(answered);
}
