import type { StatementsItem } from '../../schemas/items/approval.ts';

/** The statements that share one message. */
export type Statements = Omit<StatementsItem, 'PK' | 'SK' | 'v' | 'version' | 'cluster_id'>;

/** One statement as a message lists it. */
export interface Said {
  decisionId: string;
  tier: 'annotate' | 'warn';
  /** In dry run: it would have been made. */
  dryRun: boolean;
  /** When, ISO 8601. */
  at: string;
  line: string;
  /** Why people are notified. */
  because: string;
  /** How far it can be trusted, worded as on a card. */
  mark: string;
}

const KEPT_LINES = 10;
/** A retry comes within minutes. */
const KEPT_IDS = 100;
/** A poster that has not finished by then is dead. */
const POSTING_MS = 30_000;

/**
 * Adds a statement: to the current message while its window lasts, else to a new one. The same decision counts once.
 * @param windowMs how long statements share a message
 */
export function withStatement(before: Statements | null, said: Said, windowMs: number): Statements {
  if (before?.decision_ids.includes(said.decisionId)) return before;
  const age = before === null ? Number.POSITIVE_INFINITY : Date.parse(said.at) - Date.parse(before.began_at);
  const { because, mark } = said;
  const counted = said.dryRun ? `${said.tier}Dry` : said.tier;
  if (before === null || age >= windowMs) {
    const ids = [...(before?.decision_ids ?? []), said.decisionId].slice(-KEPT_IDS);
    return {
      began_at: said.at,
      counts: { [counted]: 1 },
      lines: [said.line],
      decision_ids: ids,
      because,
      mark,
      ...(before !== null && { earlier: { began_at: before.began_at, counts: before.counts } }),
    };
  }
  return {
    ...before,
    counts: { ...before.counts, [counted]: (before.counts[counted] ?? 0) + 1 },
    lines: [...before.lines, said.line].slice(-KEPT_LINES),
    decision_ids: [...before.decision_ids, said.decisionId].slice(-KEPT_IDS),
    because,
    mark,
  };
}

/** Whether the message is free to post: nobody else who could still succeed is posting it. */
export function mayPost({ card, posting_at: since }: Statements, now: Date): boolean {
  if (card) return false;
  return since === undefined || now.getTime() - Date.parse(since) > POSTING_MS;
}

/** How many statements a message stands for. */
export function countOf(counts: Statements['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

const WORDS: readonly (readonly [string, string])[] = [
  ['annotate', 'annotated'],
  ['warn', 'warned about'],
  ['annotateDry', 'would have been annotated'],
  ['warnDry', 'would have been warned about'],
];

/** `9 annotated, 3 warned about`. */
export function countWords(counts: Statements['counts']): string {
  return WORDS.flatMap(([key, words]) => (counts[key] ? [`${counts[key]} ${words}`] : [])).join(', ');
}
