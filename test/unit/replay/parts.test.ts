import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../functions/domain/calibration/bins.ts';
import { brierParts } from '../../../functions/domain/calibration/brier.ts';
import { rankingOf } from '../../../functions/domain/calibration/discrimination.ts';
import { canonicalEce, largestGap, nullMean } from '../../../functions/domain/calibration/ece.ts';
import { tailGap } from '../../../functions/domain/calibration/tail-gap.ts';
import { Row } from '../../../infra/replay/csv/row.ts';
import { ExecutedWindow } from '../../../infra/replay/executed-window.ts';
import { HarmBound } from '../../../infra/replay/harm-bound.ts';
import { Pending } from '../../../infra/replay/pending.ts';
import { ruleSet } from '../../../infra/replay/rules.ts';
import { Samples } from '../../../infra/replay/samples.ts';
import { OutOfOrder, Stream } from '../../../infra/replay/stream.ts';
import { reliabilityOf } from '../../../infra/replay/tally.ts';
import { Timeline } from '../../../infra/replay/timeline.ts';
import { seeded } from './synthetic.ts';

const STEPS = 2 ** 31 - 1;

describe('samples', () => {
  it('give the scores of the whole list, in 4 bytes a job', () => {
    const p = fc.oneof(fc.constantFrom(0, 0.064, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.tuple(p, fc.boolean()), { minLength: 1, maxLength: 200 }), (list) => {
        const samples = new Samples();
        // As they are stored: otherwise the nearest of neighbours may change places.
        const pairs = list.map(([value, y]): Pair => ({ p: Math.round(value * STEPS) / STEPS, y: y ? 1 : 0 }));
        for (const { p: stored, y } of pairs) samples.add(stored, y === 1);
        const { bins, scores } = reliabilityOf(samples);
        const ranking = rankingOf(pairs);
        const expected = {
          ...{ ece: canonicalEce(pairs), null: nullMean(pairs), mce: largestGap(pairs), ...brierParts(pairs) },
          ...{ tailGap: tailGap(pairs), auroc: ranking?.auroc ?? null, auprc: ranking?.auprc ?? null },
        };
        const close = Object.entries(expected).map(([key, value]) => [
          key,
          typeof value === 'number' ? expect.closeTo(value, 10) : value,
        ]);
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(list.length);
        expect(scores).toEqual(Object.fromEntries(close));
      }),
      { numRuns: 300 },
    );
  });

  it('hold more than a chunk, and a few, without losing any', () => {
    for (const n of [0, 1, 511, 512, 513, 65_536, 65_537, 131_073]) {
      const samples = new Samples();
      for (let i = 0; i < n; i++) samples.add((i % 100) / 100, i % 7 === 0);
      const { bins, scores } = reliabilityOf(samples);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(n);
      expect(bins.reduce((sum, { positives }) => sum + positives, 0)).toBe(Math.ceil(n / 7));
      expect(scores.auroc === null).toBe(n < 2);
    }
  });
});

describe('open jobs', () => {
  it('come back in the order in which something is known of them, equal ones in the order of the stream', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(2))), (moves) => {
        const pending = new Pending();
        const open: [number, number][] = [];
        moves.forEach(([at, pops], seq) => {
          const one = pending.take();
          one.seq = seq;
          one.at = at;
          pending.add(one);
          open.push([at, seq]);
          for (let i = 0; i < pops; i++) {
            open.sort(([a, b], [c, d]) => a - c || b - d);
            const expected = open.shift();
            const got = pending.next();
            expect(got && [got.at, got.seq]).toEqual(expected);
            if (got) pending.giveBack(got);
          }
        });
        expect(pending.size).toBe(open.length);
      }),
    );
  });
});

describe('the worst 500 in a row', () => {
  it('are those of the slow definition', () => {
    const random = seeded(3);
    const window = new ExecutedWindow();
    const all: number[] = [];
    for (let i = 0; i < 3000; i++) {
      const harmful = random() < (i > 1000 && i < 1400 ? 0.3 : 0.03);
      window.add(harmful);
      all.push(harmful ? 1 : 0);
    }
    const sums = all.slice(499).map((_, i) => all.slice(i, i + 500).reduce((a, b) => a + b, 0));
    expect(window.worst500).toBe(Math.max(...sums) / 500);
    expect(window.harmful).toBe(all.reduce((a, b) => a + b, 0));
  });

  it('are all of them where there are fewer, and nothing where there are none', () => {
    const window = new ExecutedWindow();
    expect([window.worst500, window.harmRate]).toEqual([null, null]);
    for (const harmful of [true, false, false, false]) window.add(harmful);
    expect([window.worst500, window.harmRate]).toEqual([0.25, 0.25]);
  });
});

describe('the account of harm', () => {
  it('counts a violation for each label after which more was done than allowed', () => {
    const bound = new HarmBound({ tokens: 2, cap: 20, perDay: 1, inFlight: 10 });
    for (let i = 0; i < 4; i++) bound.label(1000, 'harm');
    expect(bound.violations).toBe(2);
    bound.label(1000 + 86_400, 'benign');
    expect(bound.allowed).toBeCloseTo(3.05, 12);
    expect(bound.violations).toBe(3);
  });
});

describe('the timeline', () => {
  it('keeps every job in at most 400 points, however many there are', () => {
    const { state } = new Stream('c1', ruleSet('core'), null, null);
    const timeline = new Timeline();
    for (let i = 0; i < 5000; i++)
      timeline.add(state, i, i % 3 === 0 ? 'autonomous' : 'escalate', i % 3 === 0, i % 30 === 0, i % 7);
    const sum = (key: 'jobs' | 'autonomous' | 'executed' | 'harmful') =>
      timeline.all.reduce((total, point) => total + point[key], 0);
    expect(timeline.all.length).toBeLessThanOrEqual(400);
    expect([sum('jobs'), sum('autonomous'), sum('executed'), sum('harmful')]).toEqual([5000, 1667, 1667, 167]);
    expect(timeline.all.at(-1)?.to).toBe(4999);
  });
});

/** Feeds a stream made up on the spot, so that only the stream itself can take memory. */
function feed(stream: Stream, count: number): void {
  const random = seeded(9);
  const row = new Row();
  for (let i = 0; i < count; i++) {
    row.submittedAt = 1_700_000_000 + 7 * i;
    row.p = random() ** 4;
    row.longWait = random() < row.p;
    row.waitSeconds = row.longWait ? 1000 : 20;
    row.labelAt = row.submittedAt + Math.min(300, row.waitSeconds);
    row.predictedWaitSeconds = 60;
    stream.decide(row);
  }
  stream.finish();
}

describe('a stream', () => {
  it('refuses a job that was submitted before the one before it', () => {
    const stream = new Stream('c1', ruleSet('core'), null, null);
    feed(stream, 10);
    const row = new Row();
    row.submittedAt = 1_700_000_000;
    expect(() => stream.decide(row)).toThrow(OutOfOrder);
  });

  it('takes less than 16 bytes a job', () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    const used = (): number => {
      if (typeof collect === 'function') collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const JOBS = 150_000;
    const stream = new Stream('c1', ruleSet('core'), null, null);
    feed(new Stream('c1', ruleSet('core'), null, null), 1000);
    const before = used();
    feed(stream, JOBS);
    const bytes = (used() - before) / JOBS;
    expect(stream.tally.jobs).toBe(JOBS);
    expect(bytes).toBeLessThan(16);
  });
});
