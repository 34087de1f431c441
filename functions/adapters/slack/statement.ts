import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import { section } from './cards.ts';
import type { SlackMessage } from './client.ts';
import { prose } from './escape.ts';
import { calibrationMark, deed, firstReason } from './wording.ts';

const OUTCOME: Record<Effect['status'], string> = {
  done: 'Done',
  dryRun: 'Dry run, would have done',
  refused: 'Not done',
  void: 'Not done',
  failed: 'Failed',
  undone: 'Taken back',
};

/** Tells a human what the agent did alone, with how far its prediction may be trusted. */
export function statementMessage(decision: Decision, effect: Effect): SlackMessage {
  const outcome = OUTCOME[effect.status];
  const why = effect.reason === undefined ? '' : ` (${prose(effect.reason, 300)})`;
  const statement = prose(decision.statement, 300);
  return {
    text: `${outcome}: ${statement}`,
    blocks: [
      section(
        `${statement} · ${calibrationMark(decision.evidence.score)}`,
        `*${outcome}:* ${deed(decision)}${why}`,
        `_You are told because:_ ${firstReason(decision)}`,
        ...(effect.intervened ? ['It cannot be undone from here.'] : []),
      ),
    ],
  };
}
