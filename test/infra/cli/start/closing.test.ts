import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { RoundFacts } from '../../../../functions/domain/figures.ts';
import { renderSummary } from '../../../../infra/cli/start/closing-table.ts';
import { closingSentences, servedSentence } from '../../../../infra/cli/start/closing-words.ts';
import { type Summary, summarise } from '../../../../infra/cli/start/summary.ts';

const usual = {
  part: 'acted',
  alsoAsked: false,
  called: 1,
  tier: 1,
  came: null,
  weight: 1,
  waitedLong: false,
} as const;
const many = (count: number, more: Partial<RoundFacts>) => Array.from({ length: count }, () => ({ ...usual, ...more }));

function summaryOf(...jobs: RoundFacts[]): Summary {
  return summarise({
    jobs: jobs.map((facts, i) => ({
      clusterId: i % 3 === 0 ? 'sim-bursty-slurm' : 'sim-quiet-k8s',
      facts,
      servedBy: i % 3 === 0 && i % 2 === 0 ? ('queueAndVgac' as const) : ('queue' as const),
      labelled: true,
      folded: true,
    })),
    ...{ approvals: [], duplicates: [], quarantined: [], deadLettered: [], accepted: jobs.length, rules: new Map() },
  });
}

const idle = many(700, { part: 'nothingNeeded', called: 0, tier: 0 });
const busy = [
  ...idle,
  ...many(12, { part: 'nothingNeeded', called: 0, tier: 0, waitedLong: true }),
  ...many(40, { came: 'right', waitedLong: true }),
  ...many(10, { came: 'wrong' }),
  ...many(28, { called: 2, tier: 2, came: 'right', waitedLong: true }),
  ...many(1, { called: 2, tier: 2, came: 'wrong' }),
  ...many(5, { called: 3, tier: 3, came: 'touched' }),
  ...many(2, { called: 3, tier: 3, part: 'heldOut', came: 'right', weight: 10, waitedLong: true }),
  ...many(2, { called: 4, tier: 2, alsoAsked: true }),
  ...many(3, { called: 3, tier: 0, part: 'asked' }),
];
const sentences = (summary: Summary, dryRun = false) => closingSentences(summary.total, dryRun);

describe('a run in three sentences', () => {
  it('says what was done, what was right beside what was promised, and what people were spared', () => {
    expect(sentences(summaryOf(...busy))).toEqual([
      'Of 803 jobs 91 called for something: the agent annotated 50, warned about 31 and moved 5 of them on its own (94 %), left out 2 on purpose and asked a human about 5.',
      'It was right about 80 % of 50 annotations (20 % promised), 96 % of 29 warnings (43 % promised, not tested yet) and 100 % of 5 moves (65 % promised, estimated by 2, not tested yet).',
      'People were spared 68 of 82 long waits as a surprise (82 %; as many acts thrown at random would have reached 10 %).',
    ]);
  });

  it('says "would have" of everything in dry run', () => {
    const [did, right, spared] = sentences(summaryOf(...busy), true);
    expect(did).toContain('the agent would have annotated 50, warned about 31');
    expect(right).toMatch(/^It would have been right about 80 %/);
    expect(spared).toMatch(/^People would have been spared 68 of 82/);
  });

  it('does not call it doing something that nothing was called for', () => {
    expect(sentences(summaryOf(...idle))).toEqual([
      'None of 700 jobs called for anything, so nothing was done.',
      'So there is nothing to be right or wrong about.',
      'No job waited long, so there was nothing to spare anybody.',
    ]);
  });

  it('says that nothing was done autonomously, and that a human was asked', () => {
    const asked = many(1, { called: 3, tier: 0, part: 'asked', waitedLong: true });
    expect(sentences(summaryOf(...asked))).toEqual([
      'Of 1 job 1 called for something: the agent did nothing about them on its own and asked a human about 1.',
      'So there is nothing to be right or wrong about.',
      'People were spared 0 of 1 long waits as a surprise (0 %; as many acts thrown at random would have reached 0 %).',
    ]);
    expect(sentences(summaryOf(...asked), true)[0]).toContain('would have done nothing about them on its own');
    expect(sentences(summaryOf(...many(2, {})))[1]).toBe('What came of it is not known yet.');
  });
});

describe('the closing table for people', () => {
  const standing = { ece: 0.0123, nullMean: 0.02, n: 300, score: 0.94, dryRun: false };
  const standings = new Map([['sim-quiet-k8s', standing]]);
  const rendered = (columns?: number) =>
    stripVTControlCharacters(renderSummary(summaryOf(...busy), standings, columns)).split('\n');

  it.each([60, 80, 100])('fits a terminal of %i columns without losing a figure', (columns) => {
    const lines = rendered(columns);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
    const text = lines.join(' ').replaceAll(/\s+/g, ' ');
    for (const figure of ['803', '94 %', '82 %, 10 %', '80 % of 50', 'not tested yet', 'People were spared 68']) {
      expect(text).toContain(figure);
    }
  });

  it('is a table on a terminal of 80 columns, also with the names of the built-in clusters', () => {
    expect(rendered(80)[0]).toMatch(/^┌─+┬/);
    expect(rendered(60)[0]).toBe('sim-bursty-slurm');
  });

  it('shows ECE only with n and what a perfect model would show', () => {
    expect(rendered().join('\n')).toContain('sim-quiet-k8s: score 0.94, ECE 0.012 (n 300, perfect 0.020)');
  });

  it('marks what is an estimate and what is not tested yet, and says nothing of coverage', () => {
    const text = rendered().join('\n');
    expect(text).toMatch(/suggest.*\n.*right \(estimate\) .*100 % of 2/);
    expect(text).toContain('intervals are 90 % two-sided (Wilson); * not tested yet');
    expect(text).not.toMatch(/coverage|stood alone|autonom/i);
  });

  it('says of each cluster whether VGAC or the queue carried what was done', () => {
    const text = rendered().join('\n');
    expect(text).toMatch(/served by queue alone .* 134 .* 535 .* 669 /);
    expect(text).toMatch(/served with VGAC too .* 134 .* 0 .* 134 /);
    expect(text).toContain(
      "sim-bursty-slurm was served by the queue's own model, with VGAC's probability in it for 15 of 29 acts and 134 of 268 jobs.",
    );
    expect(text).toContain(
      "sim-quiet-k8s was served by the queue's own model alone, without VGAC: 57 acts and 535 jobs.",
    );
  });

  it('tells jobs that got no probability, also where nothing was done', () => {
    const of = (queue: number, none: number) => ({
      ...{ admitted: queue + none, acted: 0 },
      servedBy: {
        ...{ queue: { jobs: queue, acted: 0 }, queueAndVgac: { jobs: 0, acted: 0 }, none: { jobs: none, acted: 0 } },
      },
    });
    expect(servedSentence('a', of(0, 0))).toBeNull();
    expect(servedSentence('a', of(0, 2))).toBe('a was served no probability.');
    expect(servedSentence('a', of(5, 1))).toBe(
      "a was served by the queue's own model alone, without VGAC: 5 jobs; 1 job got no probability.",
    );
  });

  it('says "would have" when every cluster was in dry run', () => {
    const dry = new Map([['sim-quiet-k8s', { ...standing, dryRun: true }]]);
    expect(renderSummary(summaryOf(...busy), dry)).toContain('the agent would have annotated 50');
  });
});
