import { describe, expect, it } from 'vitest';
import { tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import { PromiseCount } from '../../../infra/replay/promise.ts';
import { folder, replay } from './run.ts';
import { csv, jobs } from './synthetic.ts';

const files = folder();
const TIERS = tierRulesOf({});

describe('the count of a promise', () => {
  const half = () => new PromiseCount({ promise: 0.5, start: 20_000 });

  it('lets K be wrong, and says so when one more is', () => {
    const count = half();
    count.settled(false);
    count.settled(false);
    expect([count.violations, count.leastSlack]).toEqual([0, 0]);
    count.settled(false);
    expect([count.violations, count.leastSlack]).toEqual([1, -1]);
  });

  it('counts a hold-out 1/h-fold, and a paper trade a tenth where it was right', () => {
    const count = half();
    count.settled(false, 0.5);
    expect(count.leastSlack).toBe(0);
    for (let i = 0; i < 10; i++) count.onPaper(true);
    count.settled(false);
    expect([count.violations, count.leastSlack]).toEqual([0, 0]);
    count.onPaper(false);
    count.settled(false);
    expect(count.violations).toBe(1);
  });
});

interface Decided {
  labelAt: number;
  line: number;
  longWait: boolean;
  tier: number;
  acted: boolean;
  share: number;
  paper: string;
}

/** What anyone can recompute from the file of decisions: how often a promise did not hold, and the least that was left. */
function recomputed(text: string): { violations: number; least: number[] } {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const names = head.split(',');
  const decided = lines.map((one, line): Decided => {
    const cells = one.split(',');
    const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
    return {
      labelAt: Number(cell('label_at')),
      line,
      longWait: cell('long_wait') === '1',
      tier: Number(cell('tier')),
      acted: cell('acted') === '1',
      share: cell('held_out') === '1' ? Number(cell('holdout_share')) : 1,
      paper: cell('paper'),
    };
  });
  decided.sort((a, b) => a.labelAt - b.labelAt || a.line - b.line);
  const sums = TIERS.map(({ promise, start }) => ({ promise, k: start / 10_000, right: 0, wrong: 0 }));
  const least = sums.map(({ k }) => k);
  let violations = 0;
  for (const { longWait, tier, acted, share, paper } of decided) {
    const touched = acted && tier >= 3;
    sums.forEach((sum, i) => {
      if (touched) return;
      if (tier === i + 1) sum[longWait ? 'right' : 'wrong'] += 1 / share;
      if (paper.includes(String(i + 1)) && longWait) sum.right += 0.1;
      const slack = sum.k + (sum.right * (1 - sum.promise)) / sum.promise - sum.wrong;
      least[i] = Math.min(least[i] ?? 0, slack);
      if (slack < -1e-6) violations += 1;
    });
  }
  return { violations, least };
}

describe('the file of decisions', () => {
  it('lets anyone recompute every promise after every label, and come to what the report says', async () => {
    const file = files.put('drifting.csv', csv(jobs(6_000, { driftsAt: 4_000 })));
    const [decisions, json] = [files.path('decisions.csv'), files.path('report.json')];
    const run = await replay(file, '--rules', 'core', '--decisions', decisions, '--json', json);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const { violations, least } = recomputed(files.text('decisions.csv'));
    const [stream] = JSON.parse(files.text('report.json')).streams;
    expect(violations).toBe(0);
    expect(stream.promiseViolations).toBe(0);
    const told = stream.tiers.map(({ leastSlack }: { leastSlack: number }) => leastSlack);
    expect(least).toEqual(told.map((slack: number) => expect.closeTo(slack, 9)));
    // Of each kind there was something to count.
    expect(stream.heldOut).toBeGreaterThan(0);
    expect(stream.tiers.slice(0, 3).every(({ acted }: { acted: number }) => acted > 0)).toBe(true);
  });
});
