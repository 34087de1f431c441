import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerApproval, type HumanAnswer, type Taken } from './answer-approval.ts';
import type { AnswerListStore, ResumingPorts } from './ports.ts';
import { leaveLists } from './question-lists.ts';
import { settle } from './settle.ts';

/** The result for one question of a list; `taken` is null if it could not be answered just now and stays open. */
export interface ListedAnswer {
  approvalId: string;
  taken: Taken | null;
}

/**
 * Answers every question of a list as shown, each under its own rules, as if answered individually. Questions this person may not
 * answer, or that somebody else answered first, stay as they are.
 * @returns null for an unknown list
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
