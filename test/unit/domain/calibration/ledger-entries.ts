import fc from 'fast-check';
import type { LabelLine } from '../../../../functions/domain/ledger-lines.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { entryOf, NOW_SECONDS, RULES } from '../builders.ts';

const DAY = 86_400;
const probability = fc.oneof(fc.constantFrom(0, 1, 0.3, 0.5, 0.7, 0.9), fc.double({ min: 0, max: 1, noNaN: true }));
const seconds = fc.oneof(fc.nat(2_000), fc.double({ min: 0, max: 1.3e6, noNaN: true }));
const bounds = fc
  .tuple(seconds, seconds, seconds)
  .map(([lowerSeconds, upperSeconds, upper90Seconds]) => ({ lowerSeconds, upperSeconds, upper90Seconds }));

/** When a round was submitted, and its label known: in time, late, or by a clock that is wrong; whole seconds. */
const times = fc.record({
  submittedAt: fc.oneof(fc.nat(3_600), fc.nat(10 * DAY)).map((after) => NOW_SECONDS + after),
  delay: fc.oneof(fc.nat(300), fc.constantFrom(0, 300), fc.nat(40 * DAY)),
});

/** Every kind of entry that a ledger may hold, the odd ones included. Of one era, with what its decision can have reserved. */
export const anyEntry: fc.Arbitrary<LedgerEntry> = fc
  .record({
    times,
    p: fc.option(probability),
    q: fc.option(probability),
    share: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
    doneBelow: fc.nat(4),
    heldOut: fc.boolean(),
    done: fc.boolean(),
    paper: fc.boolean(),
    touched: fc.boolean(),
    undone: fc.boolean(),
    longWait: fc.option(fc.boolean()),
    draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
    predictedWaitSeconds: fc.option(seconds),
    waitSeconds: fc.option(seconds),
    bounds,
    epoch: fc.constantFrom(0, 0, 0, 1),
  })
  .map(({ times: { submittedAt, delay }, share, doneBelow, heldOut, done, paper, touched, undone, ...rest }) => {
    const called = RULES.filter(({ eps }) => (rest.q ?? 0) >= eps).length;
    const tier = Math.max(0, called - doneBelow);
    const intervention = tier >= 3;
    const held = intervention && heldOut;
    return entryOf({
      ...rest,
      ...{ submittedAt, decidedAt: submittedAt, labelAt: submittedAt + delay, called, tier, heldOut: held },
      done: tier > 0 && (held || done),
      cost: tier === 0 ? 0 : held ? Math.floor(10_000 / share) : 10_000,
      paper: paper && called > tier ? [called] : [],
      touched: touched || (intervention && !held),
      undone: undone && intervention && !held && done,
    });
  });

/** Labels, and waits that came after theirs. */
export const anyLine: fc.Arbitrary<LabelLine> = fc.oneof(
  { weight: 4, arbitrary: anyEntry },
  {
    weight: 1,
    arbitrary: fc
      .record({ submittedAt: fc.nat(DAY), fromSeconds: seconds, more: seconds, started: fc.boolean(), bounds })
      .map(({ submittedAt, fromSeconds, more, started, bounds: served }) => ({
        ...{ jobId: 'j1', decisionId: 'd1', submittedAt: NOW_SECONDS + submittedAt, fromSeconds, started },
        ...{ toSeconds: fromSeconds + more, bounds: served },
      })),
  },
);
