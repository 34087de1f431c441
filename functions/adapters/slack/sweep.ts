import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { expireApproval, loadApproval, openApprovals } from '../approval-store.ts';
import type { Slack } from './client.ts';
import type { ResumingEdges } from './edges.ts';
import { SlackUnavailable } from './errors.ts';
import { present, settle } from './settle.ts';

/** The machine's own timeout gets this long after the expiry before the sweeper steps in. */
const EXPIRY_GRACE_MS = 60_000;
/** RequestApproval posts its own card; only one that is this old was left behind. */
const CARD_GRACE_MS = 60_000;

interface SweepReport {
  open: number;
  settled: number;
  expired: number;
  posted: number;
  failed: number;
}

/**
 * Finishes what a crash or an outage left half done, for every open approval on its own: one that fails is reported and
 * the others go on. Runs may overlap, since each step is conditional or repeatable.
 */
export async function sweep(edges: ResumingEdges): Promise<SweepReport> {
  const report: SweepReport = { open: 0, settled: 0, expired: 0, posted: 0, failed: 0 };
  const careful = { ...edges, slack: givesUpEarly(edges.slack) };
  for await (const id of openApprovals(edges.table)) {
    report.open += 1;
    try {
      const approval = await loadApproval(edges.table, id);
      if (approval) await sweepOne(careful, approval, report);
    } catch (error) {
      report.failed += 1;
      edges.warn(`approval ${id.slice(0, 80)} could not be swept`, error);
    }
  }
  return report;
}

async function sweepOne(edges: ResumingEdges, listed: ApprovalItem, report: SweepReport): Promise<void> {
  let approval = listed;
  const { table, now } = edges;
  if (approval.status === 'pending' && now.getTime() > Date.parse(approval.expires_at) + EXPIRY_GRACE_MS) {
    const outcome = await expireApproval(table, approval.approval_id, now);
    if (outcome.won) report.expired += 1;
    approval = outcome.approval;
  }
  if (approval.status !== 'pending') {
    if (await settle(edges, approval)) report.settled += 1;
    return;
  }
  if (approval.card_ts === undefined && now.getTime() > Date.parse(approval.requested_at) + CARD_GRACE_MS) {
    await present(edges, approval);
    report.posted += 1;
  }
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
  };
}
