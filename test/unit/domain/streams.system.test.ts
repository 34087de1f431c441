import { describe, expect, it } from 'vitest';
import { T } from './builders.ts';
import { CoreRun, type Decided } from './core-run.ts';
import { betaFrom, normalFrom, seeded } from './seeded.ts';

/** What the core decisions come to on streams whose truth is known (CALIBRATION.md section 9). The longest tests of the domain. */
const LONGEST_MS = 180_000;
const SIX = [1, 2, 3, 4, 5, 6];
const DAY = 86_400;
const START = Date.UTC(2026, 0, 1) / 1000;

type Random = () => number;

interface Stream {
  readonly jobs: number;
  readonly perDay: number;
  readonly longWaitSeconds?: number;
  readonly q: (random: Random) => number;
  /** Probability of a long wait; q itself where the stream is calibrated. */
  readonly truth?: (q: number, i: number) => number;
  /** Seconds from one job to the next; at random where it is not given. */
  readonly gap?: (i: number) => number | null;
}

/** Plays one stream and looks at every promise after every label. Short waits are uniform in 0..T. */
function play({ jobs, perDay, longWaitSeconds = T, q: draw, truth, gap }: Stream, seed: number): Decided[] {
  const random = seeded(seed);
  const milliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;
  let least = Number.POSITIVE_INFINITY;
  const run: CoreRun = new CoreRun({
    longWaitSeconds,
    afterLabel: ({ called }) => {
      if (called > 0) least = Math.min(least, run.promises.least);
    },
  });
  const decided: Decided[] = [];
  let time = START;
  for (let i = 0; i < jobs; i++) {
    time += gap?.(i) ?? milliseconds((-Math.log(1 - random()) * DAY) / perDay);
    const q = draw(random);
    const long = random() < (truth?.(q, i) ?? q);
    const [holdOut, ring, wait] = [random(), random(), milliseconds(random() * longWaitSeconds)];
    decided.push(
      run.submit({
        submittedAt: time,
        labelAt: time + (long ? longWaitSeconds : wait),
        q,
        longWait: () => long,
        holdOutDraw: () => holdOut,
        ringDraw: () => ring,
      }),
    );
  }
  expect(least, `least slack of a promise, seed ${seed}`).toBeGreaterThanOrEqual(0);
  return decided;
}

/** Of the jobs that call, the share that was acted on or held out. */
function done(decided: readonly Decided[], from = 0, to = decided.length): number {
  const calls = decided.slice(from, to).filter(({ called }) => called > 0);
  return calls.filter(({ tier }) => tier > 0).length / calls.length;
}

/** Of the jobs that call for tier 3 or 4, the share that got one of them or was held out. */
function touchedOrHeld(decided: readonly Decided[], from = 0, to = decided.length): number {
  const calls = decided.slice(from, to).filter(({ called }) => called >= 3);
  return calls.filter(({ tier }) => tier >= 3).length / calls.length;
}

/** Expects a mean over seeds, and prints what each seed came to where it fails. */
function expectMean(values: readonly number[], seeds: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return expect(mean, values.map((value, i) => `seed ${seeds[i]}: ${value.toFixed(4)}`).join(', '));
}

const FORECASTS = {
  'q uniform': (random: Random) => random(),
  'q of Beta(.5, 1.5)': (random: Random) => betaFrom(random, 0.5, 1.5),
  'q of Beta(1, 30) or Beta(18, 2)': (random: Random) =>
    random() < 0.5 ? betaFrom(random, 1, 30) : betaFrom(random, 18, 2),
} as const;
const forecasts = Object.entries(FORECASTS);

describe.each(forecasts)('a calibrated stream with %s', (_, q) => {
  it.each([60, 1_440, 20_000])(
    'at %s jobs a day is acted on, in all and by tiers 3 and 4 (seeds 1 to 6)',
    (perDay) => {
      const runs = SIX.map((seed) => play({ jobs: 20_000, perDay, q }, seed));
      expectMean(
        runs.map((run) => done(run, 200)),
        SIX,
      ).toBeGreaterThanOrEqual(0.97);
      expectMean(
        runs.map((run) => touchedOrHeld(run, 200)),
        SIX,
      ).toBeGreaterThanOrEqual(0.9);
    },
    LONGEST_MS,
  );

  it(
    'at 5,000 jobs a day and a T of an hour is acted on as far as labels come (seeds 1 to 6)',
    () => {
      const runs = SIX.map((seed) => play({ jobs: 20_000, perDay: 5_000, longWaitSeconds: 3_600, q }, seed));
      expectMean(
        runs.map((run) => done(run, 200)),
        SIX,
      ).toBeGreaterThanOrEqual(0.9);
      expectMean(
        runs.map((run) => touchedOrHeld(run, 200)),
        SIX,
      ).toBeGreaterThanOrEqual(0.75);
    },
    LONGEST_MS,
  );

  it(
    'of 60 jobs a day is as before within 500 jobs of an array of 5,000 at once (seeds 1 to 6)',
    () => {
      const [before, after] = [3_000, 8_000];
      const gap = (i: number): number | null => (i > before && i < after ? 0 : null);
      const runs = SIX.map((seed) => play({ jobs: after + 2_500, perDay: 60, q, gap }, seed));
      for (const share of [done, touchedOrHeld]) {
        const lost = runs.map((run) => share(run, 1_000, before) - share(run, after + 500));
        expectMean(lost, SIX).toBeLessThanOrEqual(0.01);
      }
    },
    LONGEST_MS,
  );

  it(
    'of 60 jobs a day has tiers 3 and 4 back within 1,000 jobs of an array that comes at 2 a second (seeds 1 to 6)',
    () => {
      const [before, after] = [3_000, 8_000];
      const gap = (i: number): number | null => (i > before && i < after ? 0.5 : null);
      const runs = SIX.map((seed) => play({ jobs: after + 2_500, perDay: 60, q, gap }, seed));
      for (const share of [done, touchedOrHeld]) {
        const lost = runs.map((run) => share(run, 1_000, before) - share(run, after + 1_000));
        expectMean(lost, SIX).toBeLessThanOrEqual(0.01);
      }
    },
    LONGEST_MS,
  );

  it.each<[string, (q: number) => number]>([
    ['long waits are half as likely as said', (said) => said / 2],
    ['long waits are the less likely the more is said', (said) => 1 - said],
    ['nothing waits long', () => 0],
  ])(
    'has its share back in the second 1,000 jobs after 5,000 in which %s (seeds 1 to 3)',
    (__, wrong) => {
      const seeds = [1, 2, 3];
      const [from, to] = [3_000, 8_000];
      const truth = (said: number, i: number): number => (i >= from && i < to ? wrong(said) : said);
      const runs = seeds.map((seed) => play({ jobs: to + 2_000, perDay: 1_440, q, truth }, seed));
      const back = runs.map((run) => done(run, to + 1_000) / done(run, 1_000, from));
      expectMean(back, seeds).toBeGreaterThanOrEqual(0.95);
      // And the spell itself was noticed: most of it found the agent quiet.
      expectMean(
        runs.map((run) => done(run, from, to)),
        seeds,
      ).toBeLessThanOrEqual(0.2);
    },
    LONGEST_MS,
  );
});

describe('a forecast without skill', () => {
  it.each([0.35, 0.5, 0.9])('that is constant at the base rate of %s is never acted on (seeds 1 to 3)', (rate) => {
    for (const seed of [1, 2, 3]) {
      const decided = play({ jobs: 6_000, perDay: 1_440, q: () => rate }, seed);
      expect(decided.filter(({ tier }) => tier > 0).length, `seed ${seed}`).toBe(0);
    }
  });

  it.each([
    [0.35, 0.02],
    [0.5, 0.02],
    [0.9, 0.15],
  ])(
    'that is the base rate of %s and noise is acted on in at most %s of its calls (seeds 1 to 24)',
    (rate, most) => {
      const seeds = Array.from({ length: 24 }, (_, i) => i + 1);
      const q = (random: Random): number => Math.min(0.999, Math.max(0.001, rate + 0.05 * normalFrom(random)));
      const runs = seeds.map((seed) => play({ jobs: 6_000, perDay: 1_440, q, truth: () => rate }, seed));
      expectMean(
        runs.map((run) => done(run)),
        seeds,
      ).toBeLessThanOrEqual(most);
    },
    LONGEST_MS,
  );
});
