import { SendTaskSuccessCommand, SFNClient, TaskDoesNotExist, TaskTimedOut } from '@aws-sdk/client-sfn';
import type { AnswerTask } from '../../application/approvals/ports.ts';
import { clientSettings } from './client.ts';

const client = new SFNClient(clientSettings());

/** Step Functions did not accept the answer. Carries no cause: some of the service's messages quote the token. */
export class TaskNotAnswered extends Error {
  override name = 'TaskNotAnswered' as const;
}

/**
 * Resumes an execution. A denial is an answer too, so the task always succeeds and the machine branches on `decision`.
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
