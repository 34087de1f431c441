import fc from 'fast-check';
import type { LedgerLine } from '../../../../functions/domain/ledger-lines.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { entryOf } from '../builders.ts';

/** Every kind of entry that a ledger may hold, the odd ones included. */
export const anyEntry: fc.Arbitrary<LedgerEntry> = fc
  .record({
    labelAt: fc.integer({ min: 0, max: 10_000_000 }),
    kind: fc.constantFrom('statement' as const, 'intervention' as const),
    p: fc.option(fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true }))),
    q: fc.option(fc.oneof(fc.constantFrom(0.0005, 0.9995, 0.7), fc.double({ min: 0, max: 1, noNaN: true }))),
    executed: fc.boolean(),
    intervened: fc.boolean(),
    harmed: fc.boolean(),
    longWait: fc.option(fc.boolean()),
    predictedWaitSeconds: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    waitSeconds: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    epoch: fc.constantFrom(0, 0, 0, 1),
  })
  .map((fields) => entryOf(fields));

const seconds = fc.oneof(fc.nat(2_000), fc.double({ min: 0, max: 1.3e6, noNaN: true }));

/** Labels, and waits that came after theirs. */
export const anyLine: fc.Arbitrary<LedgerLine> = fc.oneof(
  { weight: 4, arbitrary: anyEntry },
  {
    weight: 1,
    arbitrary: fc
      .record({ waitSeconds: seconds, atLeastSeconds: seconds, lower: seconds, upper: seconds, upper90: seconds })
      .map(({ lower, upper, upper90, ...wait }) => ({
        ...{ jobId: 'j1', decisionId: 'd1', submittedAt: 1_000_000, startedAt: 1_000_000 + wait.waitSeconds },
        ...wait,
        bounds: { lowerSeconds: lower, upperSeconds: upper, upper90Seconds: upper90 },
      })),
  },
);
