import { NOBODY } from '../domain/approval.ts';
import { type Fatigue, fatigue } from '../domain/fatigue.ts';
import { countDay } from '../domain/withheld.ts';
import type { SlackMessage } from './slack/client.ts';
import { digestLines, digestMessage } from './slack/daily-digest.ts';
import { audit } from './tables/approval-audit.ts';
import { closedApprovals } from './tables/approval-lists.ts';
import { beginDigest, digestIdOf, markPosted, rowsBetween } from './tables/daily-digests.ts';
import { lostTheRace, type Table } from './tables/table.ts';

const DAY_MS = 86_400_000;
/** Long enough to see a habit. */
const FATIGUE_DAYS = 30;

/**
 * Posts what became of the jobs of a cluster on the day before `now`, once a day, if there is anything to say.
 * @returns whether it was posted
 */
export async function postDailyDigest(
  table: Table,
  clusterId: string,
  post: (message: SlackMessage) => Promise<boolean>,
  now: Date,
): Promise<boolean> {
  const today = Date.parse(now.toISOString().slice(0, 10));
  const from = new Date(today - DAY_MS);
  const date = from.toISOString().slice(0, 10);
  const rows = [];
  for await (const row of rowsBetween(table, clusterId, from, new Date(today))) rows.push(row);
  const lines = digestLines(clusterId, date, countDay(rows), await readFatigue(table, clusterId, now));
  if (lines.length === 0) return false;
  try {
    // A digest that was begun and not posted is posted now: a crash in between loses none.
    if (!(await post(digestMessage(await beginDigest(table, clusterId, date, lines))))) return false;
  } catch (error) {
    if (lostTheRace(error)) return false;
    throw error;
  }
  await markPosted(table, clusterId, date, now);
  const fact = { at: now.toISOString(), who: NOBODY, what: 'digest posted' };
  await audit(table, { approval_id: digestIdOf(clusterId, date) }, fact);
  return true;
}

/** How people answered the approvals of a cluster in the last 30 days; for the digest and the console. */
export async function readFatigue(table: Table, clusterId: string, now: Date): Promise<Fatigue[]> {
  const answered = [];
  const since = new Date(now.getTime() - FATIGUE_DAYS * DAY_MS);
  for await (const approval of closedApprovals(table, clusterId, since)) answered.push(approval);
  return fatigue(answered);
}
