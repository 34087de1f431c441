import { percent } from '../../../functions/domain/figure-words.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { Ending } from './human-moment.ts';

type Asked = Pick<ApprovalItem, 'cluster_id' | 'job_id' | 'user' | 'gpus' | 'queue' | 'subject' | 'pinned' | 'record'>;

/**
 * A question that the run waits for, line by line: who asks what and why, and where to answer.
 *
 * @param url a link with which it can be answered on the page
 */
export function questionInWords(question: Asked, url: string): string[] {
  return [
    `${question.cluster_id} asks you: may I ${deed(question)}?`,
    ...why(question),
    'The simulated clock waits for you. Answer on the page, or press Enter to let the question expire:',
    url,
  ];
}

/** What became of the wait, in one sentence; null where it ended with the run. */
export function endingInWords(ending: Ending, jobId: string): string | null {
  if (ending === 'over') return null;
  return ending === 'answered'
    ? `The question about ${jobId} is answered, and time goes on.`
    : `Time goes on: the question about ${jobId} is void when the job starts, or expires, and nothing is done.`;
}

function deed({ job_id: jobId, user, gpus, queue, subject }: Asked): string {
  const { action, target } = subject.arguments;
  const whose = user === undefined ? '' : ` of ${user}`;
  const size = gpus === undefined ? '' : `, ${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`;
  const job = `${jobId}${whose}${size}`;
  if (action === 'requeue') return `move ${job}, ${queue === undefined ? '' : `from ${queue} `}to ${target}`;
  if (action === 'adjust-priority') return `change the priority of ${job}, by ${target}`;
  return `${action} ${job}`;
}

function why({ pinned, record }: Asked): string[] {
  const { q } = pinned.prediction;
  if (q === null) return [];
  const minutes = pinned.longWaitSeconds / 60;
  const wait = `It will wait longer than ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} with ${percent(q)}`;
  const seen = record === undefined || record.seen === 0 ? '' : `; ${record.right} of ${record.seen} like it did here`;
  return [`${wait}${seen}.`];
}
