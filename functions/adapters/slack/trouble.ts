import type { VisitFailure } from '../../../schemas/machines/drift-monitor.ts';
import type { Table } from '../tables/table.ts';
import { claimTrouble, forgetTrouble } from '../tables/visit-trouble.ts';
import { section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { code } from './escape.ts';
import { tellAllOperators } from './tell-operators.ts';

/** More names than this nobody reads in a message; the execution has them all. */
const NAMED = 20;

/**
 * Tells operators in one message of every cluster whose trouble they have not been told of.
 * @returns the clusters that were told of
 * @throws SlackUnavailable, SlackRefused; the next run tells them then
 */
export async function tellOfTrouble(
  table: Table,
  failures: readonly VisitFailure[],
  env: Parameters<typeof tellAllOperators>[1],
  now: Date,
): Promise<string[]> {
  const untold: VisitFailure[] = [];
  for (const failure of failures) {
    if (await claimTrouble(table, failure.clusterId, failure.error, now)) untold.push(failure);
  }
  if (untold.length === 0) return [];
  try {
    await tellAllOperators(troubleMessage(untold), env);
  } catch (error) {
    for (const { clusterId } of untold) await forgetTrouble(table, clusterId);
    throw error;
  }
  return untold.map(({ clusterId }) => clusterId);
}

/** What is broken, what that means, and where to go on. */
export function troubleMessage(failures: readonly VisitFailure[]): SlackMessage {
  const headline = failures.length === 1 ? 'A cluster could not be visited' : 'Some clusters could not be visited';
  const named = failures.slice(0, NAMED).map(({ clusterId, error }) => `• ${code(clusterId, 130)}: ${code(error, 80)}`);
  const more = failures.length > NAMED ? [`… and ${failures.length - NAMED} more`] : [];
  return {
    text: `${headline}: ${failures[0]?.clusterId ?? ''}${failures.length > 1 ? ` and ${failures.length - 1} more` : ''}`,
    blocks: [
      section(
        `🔧 *${headline}* by the drift monitor`,
        ...named,
        ...more,
        'Its outcomes are not folded; once a label has waited too long, every decision there goes to a human. What each error means is in the README under “Operating it”.',
      ),
    ],
  };
}
