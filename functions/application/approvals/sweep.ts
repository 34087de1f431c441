import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { undoState } from '../../domain/undoing.ts';
import { followEffect } from './follow-effect.ts';
import { ChannelUnavailable, type QuestionMessages } from './messages.ts';
import type { ResumingPorts, SweepStore } from './ports.ts';
import { present } from './present.ts';
import { refreshLists } from './question-lists.ts';
import { remind } from './remind.ts';
import { settle } from './settle.ts';
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

/**
 * Finishes what a crash or outage left half done, for each open approval separately: a failure is reported and the others
 * proceed. Runs may overlap, since every step is conditional or repeatable.
 */
export async function sweep(ports: SweepPorts): Promise<SweepReport> {
  const report: SweepReport = { open: 0, settled: 0, expired: 0, posted: 0, reminded: 0, failed: 0 };
  const careful = { ...ports, messages: givesUpEarly(ports.messages) };
  for await (const id of ports.store.openApprovals()) {
    report.open += 1;
    try {
      const approval = await ports.store.loadApproval(id);
      if (!approval) continue;
      await sweepOne(careful, approval, report);
    } catch (error) {
      report.failed += 1;
      ports.warn(`approval ${id.slice(0, 80)} could not be swept`, error);
    }
  }
  for (const channel of await ports.store.crowdedChannels()) {
    await refreshLists(careful, channel).catch((error: unknown) => {
      report.failed += 1;
      ports.warn('the lists of a channel could not be brought up to date', error);
    });
  }
  return report;
}

async function sweepOne(ports: SweepPorts, listed: ApprovalItem, report: SweepReport): Promise<void> {
  const { store, now } = ports;
  let approval = (await voidIfOver(ports, listed)) ?? listed;
  if (approval.status === 'pending' && now.getTime() > Date.parse(approval.expires_at) + EXPIRY_GRACE_MS) {
    const outcome = await store.expireApproval(approval.approval_id, now);
    if (outcome.won) report.expired += 1;
    approval = outcome.approval;
  }
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

/** Once the channel is unavailable, the rest of this run skips it, so that executions still resume in time. */
function givesUpEarly(messages: QuestionMessages): QuestionMessages {
  let down: ChannelUnavailable | null = null;
  const guarded =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (down) throw down;
      try {
        return await call(...args);
      } catch (error) {
        if (error instanceof ChannelUnavailable) down = error;
        throw error;
      }
    };
  return {
    postQuestion: guarded(messages.postQuestion),
    showQuestion: guarded(messages.showQuestion),
    showState: guarded(messages.showState),
    showSuperseded: guarded(messages.showSuperseded),
    postList: guarded(messages.postList),
    showList: guarded(messages.showList),
    listState: messages.listState,
    remind: guarded(messages.remind),
    reportFreeze: guarded(messages.reportFreeze),
    reportUnfreeze: guarded(messages.reportUnfreeze),
  };
}
