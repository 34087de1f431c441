import type { ClusterConfig } from '../../../schemas/config.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { shownState } from '../../domain/shown-state.ts';
import { ownSubject } from '../../domain/subject.ts';
import { offersUndo } from '../../domain/undoing.ts';
import type { DoneByAgent, EffectMessages, InteractiveEffectMessages } from './messages.ts';
import type { NotifyStore, Warn } from './ports.ts';
import { showState } from './publish.ts';
import { publishStatement } from './rolling-statements.ts';

interface NotifyPorts {
  store: NotifyStore;
  messages: EffectMessages;
  now: Date;
  warn: Warn;
}

/**
 * Notifies people of an autonomous effect: of an intervention at once, of statements in a shared message. If it can be undone, that
 * is recorded first, so that the console and the command line can undo it whatever happens to the message.
 * @returns whether people could be reached
 * @throws ChannelUnavailable: safe to repeat
 */
export async function notifyEffect(
  ports: NotifyPorts,
  done: DoneByAgent,
  config: ClusterConfig,
  defaultChannel: string,
): Promise<boolean> {
  const { store, messages, now } = ports;
  const { decision, effect } = done;
  const channel = config.slackChannel ?? defaultChannel;
  const { undoMinutes, statementMinutes: minutes } = config.approvals;
  if (decision.kind === 'statement') {
    const { clusterId } = decision;
    return publishStatement(ports, messages.statementOf(decision, effect), { clusterId, channel, minutes });
  }
  const approval = offersUndo(decision, effect, undoMinutes)
    ? await undoableEffect(store, done, channel, undoMinutes)
    : null;
  if (messages.reach === 'none') return false;
  if (approval === null) await messages.postEffect(channel, done);
  else if (messages.reach === 'oneWay') await messages.postUndoNotice(channel, approval, now);
  else await postUndoable({ ...ports, messages }, approval, channel);
  return true;
}

/** Null if the effect's execution is unknown. */
async function undoableEffect(
  store: NotifyStore,
  { decision, effect, job }: DoneByAgent,
  channel: string,
  undoMinutes: number,
): Promise<ApprovalItem | null> {
  const row = await store.loadJob(decision);
  const subject = ownSubject(decision);
  if (row?.claimed_by === undefined || subject === null) return null;
  const about = { user: job.user, queue: job.queue, gpus: job.request.gpus };
  const executionArn = row.claimed_by;
  return store.recordAutonomousEffect({ decision, subject, job: about, effect, executionArn, channel, undoMinutes });
}

async function postUndoable(
  ports: NotifyPorts & { messages: InteractiveEffectMessages },
  approval: ApprovalItem,
  channel: string,
): Promise<void> {
  if (approval.card_ts !== undefined) return;
  const { store, messages, now } = ports;
  const shown = shownState(approval, now);
  const message = await messages.postUndoable(channel, approval, now);
  const noted = await store.recordCard(approval.approval_id, message);
  if (!noted) return messages.showSuperseded(message);
  // Whoever pressed Undo before the message was recorded could not know which message to update.
  if (shownState(noted, now) !== shown) return showState(ports, noted);
  await store.markShown(approval.approval_id, shown);
}
