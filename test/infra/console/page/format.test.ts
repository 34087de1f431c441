import { describe, expect, it } from 'vitest';
import { waitWords } from '../../../../infra/console/page/format.ts';

describe('the wait on the page', () => {
  const bounds = { lowerSeconds: 4, upperSeconds: 1740 };

  it.each([
    ['they agree', { q: 0.2, waitSeconds: 54 }, 'about 54 s, 90 % of the time 4 s to 29 min'],
    ['they agree on long', { q: 0.96, waitSeconds: 600 }, 'about 10 min, 90 % of the time 4 s to 29 min'],
    ['its point is short and a long wait likely', { q: 0.96, waitSeconds: 54 }, '90 % of the time 4 s to 29 min'],
    ['its point is long and a long wait unlikely', { q: 0.2, waitSeconds: 600 }, '90 % of the time 4 s to 29 min'],
  ])('has its point only where it and the probability do not contradict each other: %s', (_, served, words) => {
    expect(waitWords({ ...bounds, ...served }, 300)).toBe(words);
  });
});
