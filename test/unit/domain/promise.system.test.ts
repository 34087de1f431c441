import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokens } from '../../../functions/domain/tier-gate.ts';
import { type TierRules, tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import { RULES, T } from './builders.ts';
import { type CoreJob, CoreRun } from './core-run.ts';
import { seeded } from './seeded.ts';

const DAY = 86_400;
const START = Date.UTC(2026, 0, 1) / 1000;
/** Fixed, so that every run meets the same opponents; fast-check prints it with every failure. */
const SEED = 20_260_301;

/** What must hold at every moment, whatever an opponent does; one check for all of it, for it runs millions of times. */
function watch({ state, purse, promises }: CoreRun): void {
  for (let i = 0; i < 4; i++) {
    const tokensOf = state.tiers[i]?.tokens ?? Number.NaN;
    const reserved = purse.reserved[i] ?? Number.NaN;
    const slack = promises.slack(i);
    const whole = Number.isInteger(tokensOf) && Number.isInteger(reserved);
    if (slack >= -1e-9 && reserved >= 0 && tokensOf - reserved >= 0 && whole) continue;
    throw new Error(`tier ${i + 1}: slack ${slack}, tokens ${tokensOf}, reserved ${reserved}`);
  }
}

function watched(options: ConstructorParameters<typeof CoreRun>[0] = {}): CoreRun {
  const run: CoreRun = new CoreRun({ ...options, afterLabel: () => watch(run) });
  return run;
}

/** One job, known after T, not held out where that can be avoided. */
function job(change: Partial<CoreJob> & Pick<CoreJob, 'submittedAt' | 'q'>): CoreJob {
  const labelAt = change.submittedAt + T;
  return { labelAt, longWait: () => false, holdOutDraw: () => 0.999, ringDraw: () => 0.5, ...change };
}

interface Move {
  /** Seconds since the job before. */
  readonly gap: number;
  readonly q: number;
  /** Seconds until its label is known. */
  readonly delay: number;
  readonly long: boolean;
  /** What both lotteries say: 0 is held out wherever that is possible. */
  readonly draw: number;
}

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    gap: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(7_200)),
    q: fc.oneof(
      fc.constantFrom(0.3, 0.5, 0.7, 0.9, 0.2999, 0.6999, 0.8999, 0.99, 1),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    delay: fc.oneof(fc.constantFrom(0, 1, T), fc.nat(T), fc.constant(30 * DAY), fc.nat(40 * DAY)),
    long: fc.boolean(),
    draw: fc.oneof(fc.constantFrom(0, 0.04, 0.3, 0.999), fc.double({ min: 0, max: 0.999, noNaN: true })),
  }),
  { minLength: 20, maxLength: 120 },
);

/** Plays them all from a time on, and settles whatever is open at the end. */
function playMoves(run: CoreRun, sequence: readonly Move[], from: number): void {
  let submittedAt = from;
  for (const { gap, q, delay, long, draw } of sequence) {
    submittedAt += gap;
    const labelAt = submittedAt + delay;
    const [holdOutDraw, ringDraw] = [() => draw, () => draw];
    run.submit(job({ submittedAt, q, labelAt, longWait: () => long, holdOutDraw, ringDraw }));
    watch(run);
  }
  run.settleUntil(Number.POSITIVE_INFINITY);
  expect([...run.purse.reserved]).toEqual([0, 0, 0, 0]);
}

/** Plays calibrated jobs, ten minutes apart, until every tier has earned what it needs. @returns the time then */
function earnTrust(run: CoreRun, seed: number, jobs = 400): number {
  const random = seeded(seed);
  let submittedAt = START;
  for (let i = 0; i < jobs; i++) {
    submittedAt += 600;
    const q = random() < 0.5 ? 0.02 : 0.98;
    const long = random() < q;
    const draw = random();
    run.submit(job({ submittedAt, q, longWait: () => long, holdOutDraw: () => draw, ringDraw: random }));
  }
  run.settleUntil(submittedAt + T);
  return submittedAt + T;
}

/** Numbers as an operator may configure them. */
const numbers = fc.record(
  {
    promise: fc.double({ min: 0.001, max: 0.99, noNaN: true }),
    tokens: fc.oneof(fc.nat(30), fc.double({ min: 0, max: 30, noNaN: true })),
    cap: fc.nat(80),
    ece: fc.double({ min: 0.001, max: 0.29, noNaN: true }),
  },
  { requiredKeys: [] },
);
const anyRules: fc.Arbitrary<readonly TierRules[]> = fc.oneof(
  fc.constant(RULES),
  fc.record({ annotate: numbers, warn: numbers, suggest: numbers, gate: numbers }).map(tierRulesOf),
);

describe('the promise of every tier, after every label', () => {
  it(`holds where an opponent has to earn nothing, at any configured numbers (seed ${SEED})`, () => {
    let acts = 0;
    fc.assert(
      fc.property(moves, anyRules, (sequence, rules) => {
        const run = watched({ rules, tierRules: [tokens], evidenceBars: false });
        playMoves(run, sequence, START);
        acts += run.promises.wrong.reduce((sum, wrong) => sum + wrong, 0);
      }),
      { numRuns: 4_000, seed: SEED },
    );
    expect(acts).toBeGreaterThan(4_000);
  });

  it(`holds under the core rules, for an opponent who earns every tier first (seed ${SEED})`, () => {
    let wrong = 0;
    fc.assert(
      fc.property(moves, fc.nat(20), (sequence, seed) => {
        const run = watched();
        const from = earnTrust(run, seed);
        const before = run.promises.wrong.reduce((sum, some) => sum + some, 0);
        playMoves(run, [...sequence, ...sequence], from);
        wrong += run.promises.wrong.reduce((sum, some) => sum + some, 0) - before;
      }),
      { numRuns: 400, seed: SEED },
    );
    expect(wrong).toBeGreaterThan(400);
  });

  it(`holds through regimes, flips, ties, bursts and labels a month late (seed ${SEED})`, () => {
    const regimes = fc.array(
      fc.record({
        jobs: fc.integer({ min: 50, max: 400 }),
        truth: fc.constantFrom('as said', 'as said', 'flipped', 'half', 'never', 'always', 'a coin'),
        /** Probabilities in so many steps: 2 has all jobs tied. */
        steps: fc.constantFrom(2, 10, 1_000),
        gap: fc.constantFrom(0, 1, 60, 1_440),
        late: fc.constantFrom(0, 0, 0.2),
      }),
      { minLength: 2, maxLength: 8 },
    );
    let [acts, wrong] = [0, 0];
    fc.assert(
      fc.property(regimes, fc.nat(1_000), (sequence, seed) => {
        const random = seeded(seed);
        const run = watched();
        let submittedAt = earnTrust(run, seed, 200);
        for (const { jobs, truth, steps, gap, late } of sequence) {
          for (let i = 0; i < jobs; i++) {
            submittedAt += gap;
            const q = Math.round(random() * steps) / steps;
            const chances = { 'as said': q, flipped: 1 - q, half: q / 2, never: 0, always: 1, 'a coin': 0.5 };
            const long = random() < chances[truth];
            const labelAt = submittedAt + (random() < late ? 30 * DAY : long ? T : Math.floor(random() * T));
            const draw = random();
            run.submit(
              job({ submittedAt, q, labelAt, longWait: () => long, holdOutDraw: () => draw, ringDraw: random }),
            );
            watch(run);
          }
        }
        run.settleUntil(Number.POSITIVE_INFINITY);
        acts += run.promises.right.reduce((sum, some) => sum + some, 0);
        wrong += run.promises.wrong.reduce((sum, some) => sum + some, 0);
      }),
      { numRuns: 200, seed: SEED },
    );
    expect(Math.min(acts, wrong)).toBeGreaterThan(1_000);
  });

  it('is used up, not just kept: an environment that is always wrong gets exactly K acts, and then none', () => {
    for (const { tier, eps } of RULES) {
      const run = watched({ tierRules: [tokens], evidenceBars: false });
      const only = (i: number): number => (tier >= 3 && i % 2 === 0 ? 0 : 0.999);
      for (let i = 0; i < 200; i++) {
        const submittedAt = START + 2 * T * i;
        run.submit(job({ submittedAt, q: eps, holdOutDraw: () => only(i) }));
      }
      run.settleUntil(Number.POSITIVE_INFINITY);
      // Hold-outs cost up to half of what is free and an intervention needs two: the last ones of tiers 3 and 4 are kept.
      const wrong = run.promises.wrong[tier - 1] ?? 0;
      if (tier < 3) expect(wrong).toBe(20);
      else expect(wrong > 18 && wrong <= 20).toBe(true);
    }
  });

  it('lets labels of 30 days ago cost no more than was set aside for them', () => {
    const run = watched({ tierRules: [tokens], evidenceBars: false });
    for (let i = 0; i < 3_000; i++) {
      const submittedAt = START + i;
      const q = [0.3, 0.5, 0.7, 0.9][i % 4] ?? 0;
      run.submit(job({ submittedAt, q, labelAt: submittedAt + 30 * DAY, holdOutDraw: () => (i % 3) / 3 }));
      watch(run);
    }
    // Nothing has come back yet, and no tier has more in flight than it may lose.
    expect(Math.max(...run.purse.reserved)).toBeLessThanOrEqual(20 * 10_000);
    run.settleUntil(Number.POSITIVE_INFINITY);
    expect(run.promises.least).toBeGreaterThanOrEqual(0);
    expect(run.promises.least).toBeLessThan(2);
  });
});

/** How an opponent who sees everything goes about it. */
interface Opponent {
  readonly name: string;
  /** Seconds between jobs, and until a label. */
  readonly pace: number;
  readonly delay: number;
  /** Fattens a tier with right acts until it has so many free tokens before each attack. */
  readonly fatten: number;
  /** Lets the lottery of hold-outs fall as it hurts most. */
  readonly rigsLottery: boolean;
}

const opponents: readonly Opponent[] = [
  { name: 'at once', pace: 600, delay: 1, fatten: 0, rigsLottery: false },
  { name: 'at once, with the lottery in its hand', pace: 600, delay: 1, fatten: 0, rigsLottery: true },
  { name: 'after fattening to 30 tokens', pace: 600, delay: 1, fatten: 30, rigsLottery: true },
  { name: 'in a burst, all labels at T', pace: 0, delay: T, fatten: 10, rigsLottery: true },
  { name: 'at the largest demand, labels a month late', pace: 30, delay: 30 * DAY, fatten: 5, rigsLottery: true },
];

describe('an opponent who sees the whole state', () => {
  it.each(opponents)('and is wrong where it hurts most, $name, breaks no promise (seeds 1 to 5)', (opponent) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const run = watched();
      let submittedAt = earnTrust(run, seed);
      const random = seeded(seed + 100);
      let [attacks, closest] = [0, Number.POSITIVE_INFINITY];
      let fattening = true;
      for (let i = 0; i < 3_000; i++) {
        submittedAt += opponent.pace;
        run.settleUntil(submittedAt);
        const free = run.state.tiers.map(({ tokens: all }, k) => (all - (run.purse.reserved[k] ?? 0)) / 10_000);
        if (Math.max(...free) < 2) fattening = true;
        else if (Math.max(...free) >= opponent.fatten) fattening = false;
        const blow = fattening && opponent.fatten > 0 ? null : hardest(run, opponent.rigsLottery);
        if (blow === null) {
          // Nothing can be hurt now: jobs that come out as they should bring its trust back.
          const q = random() < 0.5 ? 0.02 : 0.98;
          const long = random() < q;
          run.submit(job({ submittedAt, q, longWait: () => long, holdOutDraw: random, ringDraw: random }));
        } else {
          attacks += 1;
          const labelAt = submittedAt + opponent.delay;
          // Short wherever something was done, and long wherever that keeps the evidence going.
          const longWait: CoreJob['longWait'] = ({ tier }) => tier === 0;
          run.submit(
            job({ submittedAt, q: blow.q, labelAt, longWait, holdOutDraw: () => blow.draw, ringDraw: random }),
          );
        }
        watch(run);
        closest = Math.min(closest, run.promises.least);
      }
      run.settleUntil(Number.POSITIVE_INFINITY);
      closest = Math.min(closest, run.promises.least);
      expect(attacks, `attacks of seed ${seed}`).toBeGreaterThan(20);
      expect(closest, `least slack of seed ${seed}`).toBeGreaterThanOrEqual(0);
    }
  });

  /** The job whose being wrong leaves the least of a promise; null where nothing would be done about any. */
  function hardest(run: CoreRun, rigged: boolean): { q: number; draw: number } | null {
    let worst: { q: number; draw: number } | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const [i, q] of [0.3, 0.5, 0.7, 0.9, 0.999].entries()) {
      for (const draw of rigged ? [0, 0.999] : [0.2]) {
        const { tier, heldOut, cost } = run.whatIf(Math.min(i + 1, 4), () => draw);
        // What is touched comes to nothing: its label says nothing.
        if (tier === 0 || (tier >= 3 && !heldOut)) continue;
        const left = run.promises.slack(tier - 1) - cost / 10_000;
        if (left < least) [worst, least] = [{ q, draw }, left];
      }
    }
    return worst;
  }
});
