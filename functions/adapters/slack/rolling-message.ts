import { countOf, mayPost, type Said, type Statements, withStatement } from '../../domain/rolling-statements.ts';
import { changeStatements, loadStatements } from '../tables/statements.ts';
import type { ApprovalEdges } from './edges.ts';
import { SlackRefused } from './errors.ts';
import { say, type Way } from './notifier.ts';
import { statementsMessage } from './statement.ts';

/** Whoever adds a statement shows the message; more rounds than this mean that others do, too. */
const ROUNDS = 5;

interface Where {
  clusterId: string;
  channel: string;
  /** How long statements share a message. */
  minutes: number;
}

type Telling = Pick<ApprovalEdges, 'table' | 'now' | 'warn'>;

/**
 * Tells people of one statement, in the message that it shares with others of its cluster. It is counted before anything is sent, so that
 * whatever fails, or is shown by another execution, no statement is lost. An incoming webhook cannot change what it has said: there the
 * message of a window says what the window before has come to.
 *
 * @returns whether there was a way to tell
 * @throws SlackUnavailable, SlackRefused, StatementsContended: safe to repeat
 */
export async function tellStatement(edges: Telling, way: Way, said: Said, where: Where): Promise<boolean> {
  const { table } = edges;
  await changeStatements(table, where.clusterId, (before) => withStatement(before, said, where.minutes * 60_000));
  if (way.kind === 'none') return false;
  for (let round = 0; round < ROUNDS; round++) {
    const statements = await loadStatements(table, where.clusterId);
    if (!statements) return true;
    if (statements.card) {
      if (way.kind === 'webhook') return true;
      await update(way, statements.card, where.clusterId, statements);
    } else if (!(await post(edges, way, where, statements))) return true;
    const fresh = await loadStatements(table, where.clusterId);
    const same = fresh?.began_at === statements.began_at && countOf(fresh.counts) === countOf(statements.counts);
    if (same || fresh?.began_at !== statements.began_at) return true;
  }
  return true;
}

async function update(
  way: Extract<Way, { kind: 'bot' }>,
  card: NonNullable<Statements['card']>,
  clusterId: string,
  statements: Statements,
): Promise<void> {
  await way.slack.update(card, statementsMessage(clusterId, statements, false)).catch((error: unknown) => {
    // Somebody deleted it; the next window has a message of its own.
    if (!(error instanceof SlackRefused && error.messageGone)) throw error;
  });
}

/** Posts the message, once. @returns false when somebody else does */
async function post({ table, now, warn }: Telling, way: Way, where: Where, seen: Statements): Promise<boolean> {
  const { clusterId, channel } = where;
  const change = (next: (statements: Statements) => Statements) =>
    changeStatements(table, clusterId, (item) => (item?.began_at === seen.began_at ? next(item) : item));
  let mine = false;
  const claimed = await change((item) => {
    mine = mayPost(item, now);
    return mine ? { ...item, posting_at: now.toISOString() } : item;
  });
  if (!mine || !claimed) return false;
  const message = statementsMessage(clusterId, claimed, way.kind === 'webhook');
  try {
    const card = way.kind === 'bot' ? await way.slack.post(channel, message) : null;
    if (card === null) await say(way, channel, message);
    await change((item) => ({ ...item, card: card ?? { channel: 'webhook', ts: item.began_at } }));
    return true;
  } catch (error) {
    // A retry posts at once, and does not wait until this attempt must be dead.
    await change(({ posting_at: _, ...item }) => item).catch((failure: unknown) => warn('not released', failure));
    throw error;
  }
}
