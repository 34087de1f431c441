import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serialiseForecast, serialiseQueue, serialiseShape } from '../../../../functions/domain/forecast/codec.ts';
import { type Logistic, learn, logistic, predictedBy } from '../../../../functions/domain/forecast/logistic.ts';
import { coldForecast } from '../../../../functions/domain/forecast/state.ts';
import { queueRow, shapeRow } from '../../../../functions/domain/forecast/tables.ts';
import { expectedWait, learnWait, waitModel } from '../../../../functions/domain/forecast/wait-model.ts';
import { seeded } from '../seeded.ts';

const INPUTS = 15;
const FARTHEST = 4;

/** As it comes back from its stored bytes. */
function store({ covariance, weights: { length: size } }: Logistic): void {
  for (let at = 0; at < covariance.length; at++) {
    if (at % (size + 1) !== 0) covariance[at] = Math.fround(covariance[at] ?? 0);
  }
}

/** The least pivot of a Cholesky decomposition: above 0 for a covariance, and no other matrix. */
function leastPivot({ covariance, weights: { length: size } }: Logistic): number {
  const rows = Array.from({ length: size }, (_, i) => [...covariance.subarray(i * size, (i + 1) * size)]);
  let least = Number.POSITIVE_INFINITY;
  for (const [k, row] of rows.entries()) {
    const pivot = row[k] ?? Number.NaN;
    if (!(pivot > 0)) return pivot;
    least = Math.min(least, pivot);
    for (const below of rows.slice(k + 1)) {
      const factor = (below[k] ?? 0) / pivot;
      for (let j = k; j < size; j++) below[j] = (below[j] ?? 0) - factor * (row[j] ?? 0);
    }
  }
  return least;
}

function expectSound(model: Logistic, waits: ReturnType<typeof waitModel>, z: Float64Array): void {
  expect(leastPivot(model)).toBeGreaterThan(0);
  for (const weight of [...model.weights, ...waits.weights]) expect(Math.abs(weight)).toBeLessThan(100);
  const q = predictedBy(model, z);
  expect(q > 0 && q < 1).toBe(true);
  expect(Number.isFinite(expectedWait(waits, z))).toBe(true);
}

type Hostile = (random: () => number, z: Float64Array, step: number) => 0 | 1;

const HOSTILE: Record<string, Hostile> = {
  constant: (random, z) => {
    z.fill(2, 1);
    return random() < 0.3 ? 1 : 0;
  },
  collinear: (random, z) => {
    const x = FARTHEST * (2 * random() - 1);
    z.fill(x, 1);
    return random() < 1 / (1 + Math.exp(-x)) ? 1 : 0;
  },
  'nearly collinear': (random, z) => {
    const x = FARTHEST * (2 * random() - 1);
    for (let i = 1; i < z.length; i++) z[i] = x + 1e-6 * random();
    return random() < 0.5 ? 1 : 0;
  },
  'in the corners': (random, z, step) => {
    for (let i = 1; i < z.length; i++) z[i] = (step >> (i % 7)) % 2 === 0 ? FARTHEST : -FARTHEST;
    return random() < 0.5 ? 1 : 0;
  },
  'all the same': (random, z) => {
    for (let i = 1; i < z.length; i++) z[i] = 2 * random() - 1;
    return 0;
  },
};

describe.each(Object.entries(HOSTILE))('200,000 labels with inputs that are %s', (_, next) => {
  it.each([false, true])(
    'leave a covariance and bounded weights; stored after each: %s',
    { timeout: 60_000 },
    (stores) => {
      const random = seeded(3);
      const [model, waits] = [logistic(INPUTS), waitModel(INPUTS)];
      const z = new Float64Array(INPUTS + 1).fill(1);
      for (let step = 0; step < 200_000; step++) {
        const y = next(random, z, step);
        learn(model, z, y);
        learnWait(waits, model, z, y === 1 ? 1e6 * random() : random());
        if (stores) store(model);
        if (step % 10_000 === 0) expectSound(model, waits, z);
      }
      expectSound(model, waits, z);
    },
  );
});

describe('any labels', () => {
  it('leave a covariance and bounded weights, stored after each or not', { timeout: 60_000 }, () => {
    const input = fc.oneof(
      fc.constantFrom(-FARTHEST, 0, FARTHEST),
      fc.double({ min: -FARTHEST, max: FARTHEST, noNaN: true }),
    );
    const label = fc.record({
      inputs: fc.array(input, { minLength: INPUTS, maxLength: INPUTS }),
      y: fc.constantFrom<0 | 1>(0, 1),
      waitSeconds: fc.constantFrom(0, 1, 1e4, 1e9),
      times: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 40 }), fc.boolean(), (labels, stores) => {
        const [model, waits] = [logistic(INPUTS), waitModel(INPUTS)];
        for (const { inputs, y, waitSeconds, times } of labels) {
          const z = Float64Array.of(1, ...inputs);
          for (let i = 0; i < times; i++) {
            learn(model, z, y);
            learnWait(waits, model, z, waitSeconds);
            if (stores) store(model);
          }
          expectSound(model, waits, z);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('the largest numbers', () => {
  const most = Number.MAX_SAFE_INTEGER / 4;

  it('keep the item of a forecast within 4 KB', () => {
    const { queue, learned, choice } = coldForecast();
    Object.assign(queue, { pending: -most, running: -most, pendingGpus: 1e15, lastSubmitted: 4e9 });
    queue.rate.newest = 4e9;
    queue.rate.counts.fill(2 ** 32 - 1);
    Object.assign(queue.tables, { shapes: most, queues: most, additions: most });
    Object.assign(queue.aged, { pending: most, running: most });
    Object.assign(queue.corrected, { snapshots: most, jobs: most });
    for (const recent of [queue.waits, queue.longs]) recent.size = recent.values.length;
    learned.moments.n.fill(most);
    choice.size = choice.gains.length;
    choice.gains.fill(-32_767);
    const bytes = serialiseForecast({ queue, learned, choice }).length;
    // Its keys and version beside it.
    expect(bytes + 150).toBeLessThanOrEqual(4096);
  });

  it('keep a row within 400 bytes, with what it was before a batch beside it', () => {
    const [shape, queue] = [shapeRow(), queueRow()];
    Object.assign(shape, { pending: -most, added: most });
    queue.added = most;
    for (const recent of [shape.waits, shape.longs, queue.waits]) recent.size = recent.values.length;
    for (const bytes of [serialiseShape(shape), serialiseQueue(queue)]) {
      expect(2 * bytes.length + 150).toBeLessThanOrEqual(400);
    }
  });
});
