import { countOf, mayPost, type Said, type Statements, withStatement } from '../../domain/rolling-statements.ts';
import { type EffectMessages, type InteractiveEffectMessages, MessageGone, type MessageRef } from './messages.ts';
import type { StatementStore, Warn } from './ports.ts';

/** Whoever adds a statement updates the message; needing more rounds than this means that others are updating it too. */
const ROUNDS = 5;

interface Where {
  clusterId: string;
  channel: string;
  /** How long statements share a message. */
  minutes: number;
}

interface StatementPorts {
  store: StatementStore;
  messages: EffectMessages;
  now: Date;
  warn: Warn;
}

/**
 * Publishes one statement, in the message it shares with others of its cluster. It is counted before anything is sent, so that no
 * statement is lost, whatever fails or is shown by another execution. In a channel whose messages cannot be edited, the message of
 * a window reports the total of the previous one.
 *
 * @returns whether people could be reached
 * @throws ChannelUnavailable, StatementsContended: safe to repeat
 */
export async function publishStatement(ports: StatementPorts, said: Said, where: Where): Promise<boolean> {
  const { store, messages } = ports;
  const { clusterId } = where;
  await store.changeStatements(clusterId, (before) => withStatement(before, said, where.minutes * 60_000));
  if (messages.reach === 'none') return false;
  for (let round = 0; round < ROUNDS; round++) {
    const statements = await store.loadStatements(clusterId);
    if (!statements) return true;
    if (statements.card) {
      if (messages.reach === 'oneWay') return true;
      await show(messages, statements.card, clusterId, statements);
    } else if (!(await post({ ...ports, messages }, where, statements))) return true;
    const fresh = await store.loadStatements(clusterId);
    const same = fresh?.began_at === statements.began_at && countOf(fresh.counts) === countOf(statements.counts);
    if (same || fresh?.began_at !== statements.began_at) return true;
  }
  return true;
}

async function show(
  messages: InteractiveEffectMessages,
  card: MessageRef,
  clusterId: string,
  statements: Statements,
): Promise<void> {
  await messages.showStatements(card, clusterId, statements).catch((error: unknown) => {
    // Somebody deleted it; the next window gets its own message.
    if (!(error instanceof MessageGone)) throw error;
  });
}

type PostingPorts = StatementPorts & { messages: Exclude<EffectMessages, { reach: 'none' }> };

/** Posts the message once. @returns false when another execution does */
async function post({ store, messages, now, warn }: PostingPorts, where: Where, seen: Statements): Promise<boolean> {
  const { clusterId, channel } = where;
  const change = (next: (statements: Statements) => Statements) =>
    store.changeStatements(clusterId, (item) => (item?.began_at === seen.began_at ? next(item) : item));
  let mine = false;
  const claimed = await change((item) => {
    mine = mayPost(item, now);
    return mine ? { ...item, posting_at: now.toISOString() } : item;
  });
  if (!mine || !claimed) return false;
  try {
    const card = await messages.postStatements(channel, clusterId, claimed);
    await change((item) => ({ ...item, card }));
    return true;
  } catch (error) {
    // Release it, so that a retry posts at once instead of waiting until this attempt must be dead.
    await change(({ posting_at: _, ...item }) => item).catch((failure: unknown) => warn('not released', failure));
    throw error;
  }
}
