import { SendTaskSuccessCommand, SFNClient, TaskDoesNotExist, TaskTimedOut } from '@aws-sdk/client-sfn';
import type { AnswerTask } from '../../application/approvals/ports.ts';
import { clientSettings } from './client.ts';

const client = new SFNClient(clientSettings());

/** Step Functions did not take the answer. Carries no cause: the service quotes the token in some of its messages. */
export class TaskNotAnswered extends Error {
  override name = 'TaskNotAnswered' as const;
}

/**
 * Resumes an execution. Deny is an answer too, so it is always a success for the machine, which branches on `decision`.
 * @returns `closed` when the execution no longer waits: it was answered, timed out or ended before
 * @throws TaskNotAnswered: safe to repeat
 */
export const answerTask: AnswerTask = async (token, answer) => {
  try {
    await client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(answer) }));
    return 'resumed';
  } catch (error) {
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist) return 'closed';
    const { name, message } = error instanceof Error ? error : new Error('unknown');
    throw new TaskNotAnswered(`${name}: ${message.replaceAll(token, '[token]')}`);
  }
};
