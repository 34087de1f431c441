import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../functions/domain/calibration/bins.ts';
import { brierParts } from '../../../functions/domain/calibration/brier.ts';
import { rankingOf } from '../../../functions/domain/calibration/discrimination.ts';
import { canonicalEce, largestGap, nullMean } from '../../../functions/domain/calibration/ece.ts';
import { tailGap } from '../../../functions/domain/calibration/tail-gap.ts';
import { nothingChosen } from '../../../functions/domain/choose-tier.ts';
import { Row } from '../../../infra/replay/import/row.ts';
import { Pace } from '../../../infra/replay/pace.ts';
import { Pending } from '../../../infra/replay/pending.ts';
import { Questions } from '../../../infra/replay/questions.ts';
import { ruleSet } from '../../../infra/replay/rules.ts';
import { Samples } from '../../../infra/replay/samples.ts';
import { withSettings } from '../../../infra/replay/settings.ts';
import { OutOfOrder, Stream } from '../../../infra/replay/stream.ts';
import { reliabilityOf } from '../../../infra/replay/tally.ts';
import { Timeline } from '../../../infra/replay/timeline.ts';
import { WaitTimes } from '../../../infra/replay/wait-times.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import { seeded } from './synthetic.ts';

const STEPS = 2 ** 31 - 1;

function logLossOf(pairs: readonly Pair[]): number {
  const held = (p: number): number => Math.min(0.999, Math.max(0.001, p));
  return pairs.reduce((sum, { p, y }) => sum - Math.log(y === 1 ? held(p) : 1 - held(p)), 0) / pairs.length;
}

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
          ...{
            tailGap: tailGap(pairs),
            logLoss: logLossOf(pairs),
            auroc: ranking?.auroc ?? null,
            auprc: ranking?.auprc ?? null,
          },
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
        const pending = new Pending(() => 0.5);
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

describe('the median of waits', () => {
  it('is right to 1 %, however many there are', () => {
    const times = new WaitTimes();
    expect(times.quantile(0.5)).toBeNull();
    const random = seeded(3);
    const waits = Array.from({ length: 2001 }, () => Math.round(Math.exp(14 * random())));
    for (const wait of [...waits, Number.NaN]) times.add(wait);
    const middle = waits.toSorted((a, b) => a - b)[1000] ?? 0;
    expect(times.n).toBe(2001);
    expect(Math.abs((times.quantile(0.5) ?? 0) / middle - 1)).toBeLessThan(0.011);
  });
});

describe('the limits of a back-test', () => {
  const limits = { cooldownMinutes: 30, actionsPerHour: 60 };
  const usage = (pace: Pace, jobId: string, now: number) => {
    const into = { coolingDown: false, usedThisHour: 0 };
    pace.look(jobId, 'requeue', now, into);
    return into;
  };

  it('cool an action down on its job alone, and count the actions of the cluster in the hour', () => {
    const pace = new Pace(limits);
    pace.carriedOut('a', 'requeue', 3600);
    pace.carriedOut('b', 'hold', 3700);
    expect(usage(pace, 'a', 3600 + 1799)).toEqual({ coolingDown: true, usedThisHour: 2 });
    expect(usage(pace, 'a', 3600 + 1800)).toEqual({ coolingDown: false, usedThisHour: 2 });
    expect(usage(pace, 'b', 3800)).toEqual({ coolingDown: false, usedThisHour: 2 });
    expect(usage(pace, 'a', 7200)).toEqual({ coolingDown: false, usedThisHour: 0 });
  });

  it('know the round that our own effect on the one before it brought about, and no later one', () => {
    const pace = new Pace(limits);
    const row = new Row();
    row.id.rename('a');
    expect(pace.isOwnEffect(row)).toBe(false);
    pace.carriedOut('a', 'requeue', 100);
    expect([pace.isOwnEffect(row), pace.isOwnEffect(row)]).toEqual([true, false]);
  });

  it('have six places to ask, two of them for holds, which free themselves when a job starts or its time is over', () => {
    const questions = new Questions(ClusterConfig.parse({ clusterId: 'c1', platform: 'slurm' }));
    for (let i = 0; i < 4; i++) {
      expect(questions.whyNot(3, 1000)).toBeNull();
      questions.ask(3, 1000, i === 0 ? 500 : Number.POSITIVE_INFINITY);
    }
    expect(questions.whyNot(3, 1000)).toMatch(/4 of 6 questions are open/);
    expect(questions.whyNot(4, 1000)).toBeNull();
    expect(questions.whyNot(3, 1500)).toMatch(/4 of 6 questions of this hour/);
    expect(questions.whyNot(3, 1000 + 3600)).toBeNull();
    questions.ask(3, 1000 + 3600, Number.POSITIVE_INFINITY);
    expect(questions.whyNot(3, 1000 + 3601)).toMatch(/4 of 6 questions are open/);
    expect(questions.whyNot(3, 1000 + 14_400)).toBeNull();
  });
});

describe('the timeline', () => {
  it('keeps every job in at most 400 points, however many there are', () => {
    const stream = new Stream('c1', ruleSet('core'), 'file');
    const timeline = new Timeline();
    for (let i = 0; i < 5000; i++) {
      const row = Object.assign(new Row(), { submittedAt: i, longWait: i % 2 === 0 });
      const [tier, heldOut] = [i % 3 === 0 ? 3 : 0, i % 30 === 0];
      timeline.add(stream, row, i % 3 === 2 ? 0 : 3, { ...nothingChosen(), tier, heldOut }, i % 3 === 1 && i % 4 === 1);
    }
    const sum = (key: 'jobs' | 'calls' | 'acted' | 'heldOut' | 'asked' | 'right' | 'longWaits') =>
      timeline.all.reduce((total, point) => total + point[key], 0);
    expect(timeline.all.length).toBeLessThanOrEqual(400);
    expect([sum('jobs'), sum('calls'), sum('acted'), sum('heldOut')]).toEqual([5000, 3334, 1500, 167]);
    expect([sum('asked'), sum('right'), sum('longWaits')]).toEqual([417, 667, 2500]);
    expect(timeline.all.at(-1)?.to).toBe(4999);
  });
});

/** Feeds a stream made up on the spot, so that only the stream itself can take memory. */
function feed(stream: Stream, count: number): void {
  const random = seeded(9);
  const row = new Row();
  for (let i = 0; i < count; i++) stream.decide(fill(row, i, random));
  stream.finish();
}

function rows(count: number): Row[] {
  const random = seeded(9);
  return Array.from({ length: count }, (_, i) => fill(new Row(), i, random));
}

function fill(row: Row, i: number, random: () => number): Row {
  row.submittedAt = 1_700_000_000 + 7 * i;
  row.p = random() ** 4;
  row.longWait = random() < row.p;
  row.waitSeconds = row.longWait ? 1000 : 20;
  row.labelAt = row.submittedAt + Math.min(300, row.waitSeconds);
  row.predictedWaitSeconds = 60;
  return row;
}

describe('a stream', () => {
  it('refuses a job that was submitted before the one before it', () => {
    const stream = new Stream('c1', ruleSet('core'), 'file');
    feed(stream, 10);
    const row = new Row();
    row.submittedAt = 1_700_000_000;
    expect(() => stream.decide(row)).toThrow(OutOfOrder);
  });

  it('goes by its own numbers, whatever another beside it goes by', () => {
    const { numbers, config } = withSettings(
      new Map([
        ['GATE.evidence.labels', 10],
        ['TIER_NUMBERS.warn.ece', 0.5],
      ]),
    );
    const play = (order: readonly ('usual' | 'other')[]) => {
      const streams = {
        usual: new Stream('c1', ruleSet('all'), 'file'),
        other: new Stream('c1', ruleSet('all', { numbers, config }), 'file'),
      };
      const jobs = new Map(order.map((name) => [name, rows(1500)]));
      for (let i = 0; i < 1500; i++) for (const name of order) streams[name].decide(jobs.get(name)?.[i] ?? new Row());
      return order.map((name) => ({ name, acted: streams[name].tally.acted, tiers: streams[name].tally.firstEarned }));
    };
    const [usual] = play(['usual']);
    const [other] = play(['other']);
    expect(play(['usual', 'other'])).toEqual([usual, other]);
    expect(other?.tiers[1]).toBeLessThan(usual?.tiers[1] ?? Number.POSITIVE_INFINITY);
  });

  it('draws a lottery only where something hangs on it', () => {
    const drawn = { holdOut: 0, ring: 0 };
    const lottery = {
      holdOut: () => {
        drawn.holdOut += 1;
        return 0.5;
      },
      ring: () => {
        drawn.ring += 1;
        return 0.5;
      },
    };
    const stream = new Stream('c1', ruleSet('core', { lottery }), 'file');
    feed(stream, 3000);
    const interventions = stream.tally.tiers.slice(2).reduce((sum, { acted, heldOut }) => sum + acted + heldOut, 0);
    expect(interventions).toBeGreaterThan(0);
    expect(drawn.holdOut).toBe(interventions);
    // A job every 7 seconds: only an evidence ring has to choose now and then, and each label is drawn once.
    expect(drawn.ring).toBeLessThan(150);
  });

  it('takes less than 24 bytes a job, what its code takes in memory included', () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    const used = (): number => {
      if (typeof collect === 'function') collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const JOBS = 150_000;
    const stream = new Stream('c1', ruleSet('core'), 'file');
    feed(new Stream('c1', ruleSet('core'), 'file'), 1000);
    const before = used();
    feed(stream, JOBS);
    const bytes = (used() - before) / JOBS;
    expect(stream.tally.jobs).toBe(JOBS);
    expect(bytes).toBeLessThan(24);
  });
});
