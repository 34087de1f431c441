import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerApproval, type HumanAnswer, type Taken } from './answer-approval.ts';
import type { AnswerListStore, ResumingPorts } from './ports.ts';
import { leaveLists } from './question-lists.ts';
import { settle } from './settle.ts';

/** What became of one question of a list; `taken` is null where it could not be answered just now and stays open. */
export interface ListedAnswer {
  approvalId: string;
  taken: Taken | null;
}

/**
 * Answers every question of a list as it was shown, each by its own rules, as if it had been answered on its own: what this person may not
 * answer, or somebody else answered first, stays as it is.
 * @returns null where the list is not known
 */
export async function answerList(
  ports: ResumingPorts<AnswerListStore>,
  listId: string,
  answer: Omit<HumanAnswer, 'approvalId'>,
): Promise<ListedAnswer[] | null> {
  const { store, warn } = ports;
  const ids = await store.loadList(listId);
  if (!ids) return null;
  const carry = (approval: ApprovalItem) => settle(ports, approval, { staysListed: true });
  const all = await Promise.all(
    ids.map(async (approvalId) => {
      const taken = await answerApproval(ports, { approvalId, ...answer }, carry).catch((error: unknown) => {
        warn('one of a list could not be answered', error);
        return null;
      });
      return { approvalId, taken };
    }),
  );
  const decided = all.flatMap(({ taken }) => (taken?.outcome === 'decided' ? [taken.approval] : []));
  await leaveLists(ports, decided).catch((error: unknown) => warn('left to the sweeper', error));
  return all;
}
