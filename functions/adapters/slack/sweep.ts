import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { undoState } from '../../domain/undoing.ts';
import { loadApproval } from '../tables/approval-item.ts';
import { openApprovals } from '../tables/approval-lists.ts';
import { closeApproval, expireApproval } from '../tables/approvals.ts';
import { crowdedChannels } from '../tables/question-lists.ts';
import { voidIfOver } from '../void-questions.ts';
import type { Slack } from './client.ts';
import type { ResumingEdges } from './edges.ts';
import { SlackUnavailable } from './errors.ts';
import { follow } from './follow.ts';
import { refreshCrowd } from './open-digest.ts';
import { remind } from './remind.ts';
import { present, settle } from './settle.ts';
import { requestUndo } from './undo.ts';

/** The machine's own timeout gets this long after the expiry before the sweeper steps in. */
const EXPIRY_GRACE_MS = 60_000;
/** RequestApproval posts its own card; only one that is this old was left behind. */
const CARD_GRACE_MS = 60_000;
/** A request to undo that is not done by then got lost on its way. */
const UNDO_GRACE_MS = 60_000;

interface SweepReport {
  open: number;
  settled: number;
  expired: number;
  posted: number;
  reminded: number;
  failed: number;
}

/**
 * Finishes what a crash or an outage left half done, for every open approval on its own: one that fails is reported and
 * the others go on. Runs may overlap, since each step is conditional or repeatable.
 */
export async function sweep(edges: ResumingEdges): Promise<SweepReport> {
  const report: SweepReport = { open: 0, settled: 0, expired: 0, posted: 0, reminded: 0, failed: 0 };
  const careful = { ...edges, slack: givesUpEarly(edges.slack) };
  for await (const id of openApprovals(edges.table)) {
    report.open += 1;
    try {
      const approval = await loadApproval(edges.table, id);
      if (!approval) continue;
      await sweepOne(careful, approval, report);
    } catch (error) {
      report.failed += 1;
      edges.warn(`approval ${id.slice(0, 80)} could not be swept`, error);
    }
  }
  for (const channel of await crowdedChannels(edges.table)) {
    await refreshCrowd(careful, channel).catch((error: unknown) => {
      report.failed += 1;
      edges.warn('the lists of a channel could not be brought up to date', error);
    });
  }
  return report;
}

async function sweepOne(edges: ResumingEdges, listed: ApprovalItem, report: SweepReport): Promise<void> {
  const { table, now } = edges;
  let approval = (await voidIfOver(edges, listed)) ?? listed;
  if (approval.status === 'pending' && now.getTime() > Date.parse(approval.expires_at) + EXPIRY_GRACE_MS) {
    const outcome = await expireApproval(table, approval.approval_id, now);
    if (outcome.won) report.expired += 1;
    approval = outcome.approval;
  }
  if (approval.status !== 'pending') {
    if (await finish(edges, approval)) report.settled += 1;
  } else if (approval.card_ts === undefined) {
    if (now.getTime() > Date.parse(approval.requested_at) + CARD_GRACE_MS) {
      await present(edges, approval);
      report.posted += 1;
    }
  } else if (await remind(edges, approval)) {
    report.reminded += 1;
  }
}

/** Carries a decision to its end: the execution, the announcement, what came of it, and the card that says so. */
async function finish(edges: ResumingEdges, decided: ApprovalItem): Promise<boolean> {
  // The execution first: it waits, whatever else does not work.
  if (await settle(edges, decided)) return true;
  const { approval, expected } = await follow(edges, decided);
  if (undoState(approval, edges.now) === 'asked' && isOld(approval.undo_asked_at, edges.now)) {
    await requestUndo(edges, approval);
  }
  if (!expected) return closeApproval(edges.table, approval);
  return approval === decided ? false : settle(edges, approval);
}

function isOld(askedAt: string | undefined, now: Date): boolean {
  return askedAt !== undefined && now.getTime() > Date.parse(askedAt) + UNDO_GRACE_MS;
}

/** Once Slack was unavailable, the rest of this run does not wait for it: executions are resumed in time regardless. */
function givesUpEarly(slack: Slack): Slack {
  let down: SlackUnavailable | null = null;
  const guarded = async <T>(call: () => Promise<T>): Promise<T> => {
    if (down) throw down;
    try {
      return await call();
    } catch (error) {
      if (error instanceof SlackUnavailable) down = error;
      throw error;
    }
  };
  return {
    post: (...args) => guarded(() => slack.post(...args)),
    update: (...args) => guarded(() => slack.update(...args)),
    whisper: (...args) => guarded(() => slack.whisper(...args)),
    ephemeral: (...args) => guarded(() => slack.ephemeral(...args)),
    replace: (...args) => guarded(() => slack.replace(...args)),
    openModal: (...args) => guarded(() => slack.openModal(...args)),
    link: slack.link,
  };
}
