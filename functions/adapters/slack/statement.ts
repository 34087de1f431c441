import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import { deedWords, type Form, jobWords, notifiedBecause, timeBeside } from '../../domain/question-words.ts';
import { countOf, countWords, type Said, type Statements } from '../../domain/rolling-statements.ts';
import { section, sections } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { besideName, code, prose, wholeName } from './escape.ts';
import { evidenceMark } from './wording.ts';

const OUTCOME: Record<Effect['status'], { title: string; form: Form }> = {
  done: { title: 'Done', form: 'done' },
  dryRun: { title: 'Dry run', form: 'wouldHave' },
  refused: { title: 'Not done', form: 'do' },
  void: { title: 'Not done', form: 'do' },
  failed: { title: 'Failed', form: 'do' },
  undone: { title: 'Undone', form: 'done' },
};
/** Names in a list may be cut. */
const IN_LIST = 80;

/** Reports an autonomous intervention, real or in dry run, that cannot be undone from here. */
export function statementMessage(
  decision: Decision,
  effect: Effect,
  job: { user?: string | undefined; queue?: string | undefined; gpus?: number | undefined },
): SlackMessage {
  const { title, form } = OUTCOME[effect.status];
  const args = decision.arguments ?? { action: effect.action, jobId: decision.jobId, clusterId: decision.clusterId };
  const why = effect.reason === undefined || effect.status === 'dryRun' ? '' : ` (${prose(effect.reason, 300)})`;
  const whose = jobWords({ ...job, cluster_id: decision.clusterId }, besideName, wholeName);
  return {
    text: `${title}: ${prose(effect.action, 60)}`,
    blocks: [
      ...sections(`🤖 *${title}:* ${deedWords(args, form, wholeName)}${why}.`, whose),
      section(
        `_You are notified because:_ ${prose(notifiedBecause(decision), 400)} · ${evidenceMark(decision)}`,
        ...(effect.intervened ? ['It cannot be undone from here.'] : []),
      ),
    ],
  };
}

/** One statement, as counted and listed. */
export function saidOf(decision: Decision, effect: Effect): Said {
  const { status, action, at } = effect;
  const dryRun = status === 'dryRun';
  const verb = action === 'warn' ? 'warned about' : 'annotated';
  const what = dryRun ? `would have been ${verb}` : verb;
  const job = code(decision.jobId, IN_LIST);
  return {
    decisionId: decision.decisionId,
    tier: action === 'warn' ? 'warn' : 'annotate',
    dryRun,
    at,
    line: `${at.slice(11, 16)} ${job} ${what}: “${prose(decision.statement, 200)}”`,
    because: prose(notifiedBecause(decision), 400),
    mark: evidenceMark(decision),
  };
}

/**
 * The shared message for the statements of a period: how many of each tier, and the latest.
 * @param withEarlier also sum up the previous message, if it could not be edited
 */
export function statementsMessage(clusterId: string, statements: Statements, withEarlier: boolean): SlackMessage {
  const { began_at: began, counts, lines, because, mark, earlier } = statements;
  const count = countOf(counts);
  const title = `${count} ${count === 1 ? 'statement' : 'statements'}`;
  const left = count - lines.length;
  const since = `since ${timeBeside(began, began)}`;
  return {
    text: `${title} on ${clusterId}`,
    blocks: [
      section(`🗒️ *${title}* on ${code(clusterId, 160)} ${since}: ${countWords(counts)}.`),
      ...sections(...(left > 0 ? [`… ${left} earlier`] : []), ...lines.map((line) => `• ${line}`)),
      section(`_You are notified because:_ ${because} · ${mark}`),
      ...(withEarlier && earlier
        ? [section(`From ${timeBeside(earlier.began_at, began)} on, in all: ${countWords(earlier.counts)}.`)]
        : []),
    ],
  };
}
