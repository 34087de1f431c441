import { describe, expect, it } from 'vitest';
import { endingInWords, questionInWords } from '../../../../infra/cli/start/question-words.ts';
import { wrapped } from '../../../../infra/cli/start/status-line.ts';
import { aDecision, anApproval } from '../../../unit/application/approvals/builders.ts';

const LINK = 'http://127.0.0.1:4580/#/sign-in/U0OPERATOR.console.1796103029.NnGrZXeEWV__rQGmSoVYuvN6O2cE7/dec_1';
const asks = (action: string, target?: string) => {
  const args = { action, clusterId: 'slurm', jobId: 'j1', ...(target !== undefined && { target }) };
  const subject = { whose: 'asked' as const, tier: 3, arguments: args, argumentsHash: 'h' };
  const pinned = aDecision({ longWaitSeconds: 300 });
  const prediction = { ...pinned.prediction, q: 0.84 };
  return anApproval({
    ...{ cluster_id: 'slurm', job_id: 'j1', user: 'ada', gpus: 4, queue: 'gpu', subject },
    pinned: { ...pinned, prediction },
    record: { seen: 25, right: 23, promise: 0.65 },
  });
};

describe('a question that the run waits for', () => {
  it('says who asks what, why, and where to answer', () => {
    expect(questionInWords(asks('requeue', 'short'), LINK)).toEqual([
      'slurm asks you: may I move j1 of ada, 4 GPUs, from gpu to short?',
      'It will wait longer than 5 minutes with 84 %; 23 of 25 like it did here.',
      'The simulated clock waits for you. Answer on the page, or press Enter to let the question expire:',
      LINK,
    ]);
  });

  it('names a change of priority, and a hold', () => {
    expect(questionInWords(asks('adjust-priority', '+100'), LINK)[0]).toBe(
      'slurm asks you: may I change the priority of j1 of ada, 4 GPUs, by +100?',
    );
    expect(questionInWords(asks('hold'), LINK)[0]).toBe('slurm asks you: may I hold j1 of ada, 4 GPUs?');
  });

  it('says what became of the wait, and nothing when the run was ended', () => {
    expect(endingInWords('answered', 'j1')).toMatch(/answered/);
    expect(endingInWords('left', 'j1')).toMatch(/nothing is done/);
    expect(endingInWords('over', 'j1')).toBeNull();
  });

  it('keeps the link in one piece on a narrow terminal, so that it can be clicked', () => {
    expect(wrapped(LINK, 60)).toEqual([LINK]);
    const coloured = `\u001b[36m${LINK}\u001b[39m`;
    expect(wrapped(`Approvals ${coloured}`, 60)).toEqual(['Approvals', `  ${coloured}`]);
  });
});
