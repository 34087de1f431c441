import type { AnswerReply } from '../../schemas/ports/answer.ts';
import { ApprovalSettings, approvalPorts, IMPATIENT } from '../adapters/messages/approval-ports.ts';
import { answerOutsideSlackStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { isTableTrouble } from '../adapters/tables/unavailable.ts';
import { answerOutsideSlack } from '../application/approvals/answer-outside-slack.ts';
import { PERHAPS_NOT_DONE } from '../domain/answer-words.ts';
import { http, json } from '../runtime/http.ts';

const STATUS: Readonly<Record<AnswerReply['outcome'], number>> = {
  done: 200,
  nothingToDo: 409,
  tooLate: 409,
  refused: 403,
  unknown: 404,
  malformed: 400,
  unavailable: 503,
};

/** Takes answers from outside Slack, so that a Slack outage never blocks. The gateway has proven who calls. */
export const handler = http({ env: ApprovalSettings }, async ({ authorizer, body }, invocation) => {
  const store = answerOutsideSlackStore(table(invocation.env.DYNAMODB_TABLE_NAME));
  const ports = approvalPorts(invocation, store, IMPATIENT);
  const reply = await answerOutsideSlack(ports, authorizer, body).catch((error: unknown): AnswerReply => {
    if (!isTableTrouble(error)) throw error;
    invocation.log.error('the table failed during an answer', { error });
    return { outcome: 'unavailable', message: PERHAPS_NOT_DONE };
  });
  return json(STATUS[reply.outcome], reply);
});
