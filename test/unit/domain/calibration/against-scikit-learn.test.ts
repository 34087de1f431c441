import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { binsOf, type Pair } from '../../../../functions/domain/calibration/bins.ts';
import { brierParts } from '../../../../functions/domain/calibration/brier.ts';
import { rankingOf } from '../../../../functions/domain/calibration/discrimination.ts';
import { canonicalEce, largestGap, nullMean } from '../../../../functions/domain/calibration/ece.ts';
import { tailGap } from '../../../../functions/domain/calibration/tail-gap.ts';
import { Samples } from '../../../../infra/replay/samples.ts';
import { reliabilityOf } from '../../../../infra/replay/tally.ts';

/** Written by calibration.py beside it. */
const REFERENCE = join(import.meta.dirname, '../../../reference/calibration.json');
/** Small inputs with known answers, kept outside this repository. */
const CASES = join(import.meta.dirname, '../../../../../shared/data/cases/replay');
const present = existsSync(CASES);
const why = present ? '' : ' (skipped: there is no ../shared/data/cases beside this repository)';

const Generator = z.object({
  n: z.int(),
  seed: z.int(),
  steps: z.int(),
  slope: z.number(),
  shift: z.number(),
  squared: z.boolean(),
});
const Case = z.object({
  name: z.string(),
  pairs: z.array(z.tuple([z.number(), z.union([z.literal(0), z.literal(1)])])).optional(),
  generated: Generator.optional(),
  right: z.object({
    counts: z.array(z.int()),
    ece: z.number(),
    mce: z.number(),
    brier: z.number(),
    reliability: z.number(),
    resolution: z.number(),
    uncertainty: z.number(),
    auroc: z.number().nullable(),
    auprc: z.number().nullable(),
  }),
});
const cases = z.array(Case).parse(JSON.parse(readFileSync(REFERENCE, 'utf8')));

/** Numerical Recipes' generator, the upper 16 bits as a share of 1: exact in doubles, so the same everywhere. */
function draws(seed: number): () => number {
  let x = seed;
  return () => {
    x = (x * 1664525 + 1013904223) % 2 ** 32;
    return Math.floor(x / 65536) / 65536;
  };
}

/** `generated` of calibration.py. */
function generated({ n, seed, steps, slope, shift, squared }: z.infer<typeof Generator>): Pair[] {
  const draw = draws(seed);
  return Array.from({ length: n }, () => {
    const first = draw();
    const p = Math.floor((squared ? first * first : first) * (steps + 1)) / steps;
    return { p, y: draw() < slope * p + shift ? 1 : 0 };
  });
}

function pairsOf({ pairs, generated: how }: z.infer<typeof Case>): Pair[] {
  return how === undefined ? (pairs ?? []).map(([p, y]): Pair => ({ p, y })) : generated(how);
}

function shuffled(pairs: readonly Pair[], seed: number): Pair[] {
  const draw = draws(seed);
  return pairs
    .map((pair) => ({ pair, at: draw() }))
    .sort((a, b) => a.at - b.at)
    .map(({ pair }) => pair);
}

function measured(pairs: readonly Pair[]) {
  const ranking = rankingOf(pairs);
  return {
    counts: binsOf(pairs)?.map(({ count }) => count),
    ...{ ece: canonicalEce(pairs), mce: largestGap(pairs), null: nullMean(pairs), tailGap: tailGap(pairs) },
    ...{ ...brierParts(pairs), auroc: ranking?.auroc ?? null, auprc: ranking?.auprc ?? null },
  };
}

/** As a back-test has them, which keeps four bytes a job. */
function replayed(pairs: readonly Pair[]) {
  const samples = new Samples();
  for (const { p, y } of pairs) samples.add(p, y === 1);
  const { bins, scores } = reliabilityOf(samples);
  return { counts: bins.map(({ count }) => count), ...scores };
}

const close = (right: object) =>
  expect.objectContaining(
    Object.fromEntries(
      Object.entries(right).map(([key, value]) => [key, typeof value === 'number' ? expect.closeTo(value, 9) : value]),
    ),
  );

describe('what is shown', () => {
  it.each(cases)('is what scikit-learn says: $name', (given) => {
    const pairs = pairsOf(given);
    expect(measured(pairs)).toEqual(close(given.right));
    expect(replayed(pairs)).toEqual(close(given.right));
  });

  it.each(cases)('is the same to the last bit in any order of rows: $name', (given) => {
    const pairs = pairsOf(given);
    for (const seed of [11, 12, 13]) {
      expect(measured(shuffled(pairs, seed))).toEqual(measured(pairs));
      expect(replayed(shuffled(pairs, seed))).toEqual(replayed(pairs));
    }
  });
});

/** Columns: submitted_at, job_id, p_long_wait, actual_wait_s; T is 300 s. */
function fromFile(name: string): Pair[] {
  const [, ...lines] = readFileSync(join(CASES, name), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [, , p, wait] = line.split(',');
    return { p: Number(p), y: Number(wait) > 300 ? 1 : 0 };
  });
}

describe.runIf(present)(`inputs from the field${why}`, () => {
  it('the same pairs in two orders have the same figures', () => {
    const [bursty, mixed] = [fromFile('08-ties-bursty.csv'), fromFile('08b-ties-shuffled.csv')];
    expect(bursty).toHaveLength(900);
    expect(measured(mixed)).toEqual(measured(bursty));
    expect(replayed(mixed)).toEqual(replayed(bursty));
  });

  it.each(['24-constant-ok-bursty.csv', '25-constant-ok-mixed.csv'])(
    'a constant p at the base rate has ECE, MCE and resolution 0: %s',
    (name) => {
      const pairs = fromFile(name);
      expect(pairs).toHaveLength(300);
      const nothing = { counts: [300], ece: 0, mce: 0, reliability: 0, resolution: 0, withinBin: 0 };
      expect(measured(pairs)).toEqual(close(nothing));
      expect(replayed(pairs)).toEqual(close(nothing));
    },
  );
});
