import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { undoState } from '../../domain/undoing.ts';
import { ChannelPaused, isPaused, nextPause, withPause } from './channel-pause.ts';
import { followEffect } from './follow-effect.ts';
import type { ResumingPorts, SweepStore } from './ports.ts';
import { present } from './present.ts';
import { refreshLists } from './question-lists.ts';
import { remind } from './remind.ts';
import { resume, settle } from './settle.ts';
import { requestUndo } from './undo.ts';
import { voidIfOver } from './void-questions.ts';

/** After the expiry, the machine's own timeout gets this long before the sweeper steps in. */
const EXPIRY_GRACE_MS = 60_000;
/** RequestApproval presents its own question; only one older than this was left behind. */
const CARD_GRACE_MS = 60_000;
/** An undo request that is not done by then was lost. */
const UNDO_GRACE_MS = 60_000;

type SweepPorts = ResumingPorts<SweepStore>;

interface SweepReport {
  open: number;
  settled: number;
  expired: number;
  posted: number;
  reminded: number;
  failed: number;
}

/** Approvals whose records are looked at, and channels that are written to, at the same time. */
const AT_ONCE = 16;

/**
 * Finishes what a crash or outage left half done, for each open approval separately: a failure is reported and the others
 * proceed. Executions come first, before any message is sent; then each channel gets its messages independently of the others, so
 * that a slow or refusing one delays only itself. Runs may overlap, since every step is conditional or repeatable.
 */
export async function sweep(ports: SweepPorts): Promise<SweepReport> {
  const report: SweepReport = { open: 0, settled: 0, expired: 0, posted: 0, reminded: 0, failed: 0 };
  const ids: string[] = [];
  for await (const id of ports.store.openApprovals()) ids.push(id);
  const open = await sideBySide(ids, async (id) => {
    report.open += 1;
    try {
      const approval = await ports.store.loadApproval(id);
      return approval && (await resumeOne(ports, approval, report));
    } catch (error) {
      report.failed += 1;
      ports.warn(`approval ${id.slice(0, 80)} could not be swept`, error);
      return null;
    }
  });
  const channels = Map.groupBy(
    open.filter((approval) => approval !== null),
    ({ configured_channel: channel }) => channel ?? '',
  );
  const crowded = new Set(await ports.store.crowdedChannels());
  const all = [...new Set([...channels.keys(), ...crowded])];
  await sideBySide(all, (channel) =>
    sweepChannel(ports, channel, channels.get(channel) ?? [], crowded.has(channel), report),
  );
  return report;
}

/** Closes the question if it is over, and hands its answer to the execution. */
async function resumeOne(ports: SweepPorts, listed: ApprovalItem, report: SweepReport): Promise<ApprovalItem> {
  const { store, now } = ports;
  let approval = (await voidIfOver(ports, listed)) ?? listed;
  if (approval.status === 'pending' && now.getTime() > Date.parse(approval.expires_at) + EXPIRY_GRACE_MS) {
    const outcome = await store.expireApproval(approval.approval_id, now);
    if (outcome.won) report.expired += 1;
    approval = outcome.approval;
  }
  if (approval.status !== 'pending') await resume(ports, approval);
  return approval;
}

/** Sends everything that is due in one channel. */
async function sweepChannel(
  ports: SweepPorts,
  channel: string,
  approvals: readonly ApprovalItem[],
  crowded: boolean,
  report: SweepReport,
): Promise<void> {
  const { store, now, warn } = ports;
  const failed = (what: string, error: unknown) => {
    // The failure that paused the channel has already been reported.
    if (error instanceof ChannelPaused) return;
    report.failed += 1;
    warn(what, error);
  };
  try {
    const pause = await store.loadPause(channel);
    const patient = withPause(ports.messages, isPaused(pause, now));
    const careful = { ...ports, messages: patient.messages };
    for (const approval of inTurn(approvals, now)) {
      const what = `approval ${approval.approval_id.slice(0, 80)} could not be swept`;
      await showOne(careful, approval, report).catch((error: unknown) => failed(what, error));
    }
    if (crowded) {
      const what = 'the lists of a channel could not be brought up to date';
      await refreshLists(careful, channel).catch((error: unknown) => failed(what, error));
    }
    const next = nextPause(pause, patient.outcome(), now);
    if (next !== null) await store.savePause(channel, next);
  } catch (error) {
    failed('a channel could not be swept', error);
  }
}

/** Starts with a different one in each run, so that those in front that always fail do not keep the others from their turn. */
function inTurn<T>(all: readonly T[], now: Date): T[] {
  const first = Math.floor(now.getTime() / 60_000) % Math.max(1, all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}

async function sideBySide<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = all.entries();
  const lane = async () => {
    for (const [index, one] of queue) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, lane));
  return results;
}

async function showOne(ports: SweepPorts, approval: ApprovalItem, report: SweepReport): Promise<void> {
  const { now } = ports;
  if (approval.status !== 'pending') {
    if (await finish(ports, approval)) report.settled += 1;
  } else if (approval.card_ts === undefined) {
    if (now.getTime() > Date.parse(approval.requested_at) + CARD_GRACE_MS) {
      await present(ports, approval);
      report.posted += 1;
    }
  } else if (await remind(ports, approval)) {
    report.reminded += 1;
  }
}

/** Completes a decision: the execution, the announcement, its effect, and the message that shows it. */
async function finish(ports: SweepPorts, decided: ApprovalItem): Promise<boolean> {
  // The execution first: it is waiting, whatever else fails.
  if (await settle(ports, decided)) return true;
  const { approval, expected, unwanted } = await followEffect(ports, decided);
  if (unwanted) await requestUndo(ports, approval);
  if (undoState(approval, ports.now) === 'asked' && isOld(approval.undo_asked_at, ports.now)) {
    await requestUndo(ports, approval);
  }
  if (!expected) return ports.store.closeApproval(approval);
  return approval === decided ? false : settle(ports, approval);
}

function isOld(askedAt: string | undefined, now: Date): boolean {
  return askedAt !== undefined && now.getTime() > Date.parse(askedAt) + UNDO_GRACE_MS;
}
