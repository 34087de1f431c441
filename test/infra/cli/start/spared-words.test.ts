import { expect, it } from 'vitest';
import { sparedInWords } from '../../../../infra/cli/start/spared-words.ts';

const none = { jobs: 0, seconds: 0, most: 0 };

it('adds up what was gained and what others lost by it', () => {
  const quiet = {
    clusterId: 'a',
    touched: { jobs: 3, seconds: 3_600, most: 3_000 },
    others: { jobs: 2, seconds: -600, most: 0 },
  };
  const bursty = { clusterId: 'b', touched: { jobs: 1, seconds: 1_200, most: 1_200 }, others: none };
  expect(sparedInWords([quiet, bursty])).toBe(
    'Against the same simulation with nobody acting, the 4 jobs whose queueing was changed started 20 minutes earlier on average ' +
      '(one of them 50 minutes); all others together 10 minutes later.',
  );
});

it('says it of one job, and that no other noticed', () => {
  const one = { clusterId: 'a', touched: { jobs: 1, seconds: -60, most: 0 }, others: none };
  expect(sparedInWords([one])).toBe(
    'Against the same simulation with nobody acting, the job whose queueing was changed started 1 minute later; no other job noticed.',
  );
});

it('says nothing where nothing was changed', () => {
  expect(sparedInWords([{ clusterId: 'a', touched: none, others: none }])).toBeNull();
  expect(sparedInWords([])).toBeNull();
});
