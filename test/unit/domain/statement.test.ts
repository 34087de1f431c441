import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CANNOT_PREDICT,
  contradicts,
  duration,
  STILL_LEARNING,
  statementOf,
  WITHHELD,
} from '../../../functions/domain/statement.ts';
import type { ServedPrediction } from '../../../schemas/decision.ts';
import type { Scope } from '../../../schemas/primitives.ts';

const DAY = 86_400;

interface Given extends Partial<ServedPrediction> {
  readonly scope?: Scope;
  readonly learning?: boolean;
  readonly longWaitSeconds?: number;
}

function said({ scope = 'autonomous', learning = false, longWaitSeconds = 300, ...prediction }: Given): string {
  const bounds = { lowerSeconds: 120, upperSeconds: 1_320, upper90Seconds: 1_200 };
  const served = { p: 0.6, q: 0.6, waitSeconds: 720, confidence: null, ...bounds, ...prediction };
  return statementOf({ scope, learning, longWaitSeconds, prediction: served });
}

describe('a statement', () => {
  it('is the sentence operators know', () => {
    expect(said({})).toBe('Job will start in 12 minutes');
    expect(said({ scope: 'notify' })).toBe('~12 minutes (±10m)');
    expect(said({ q: 0.1, waitSeconds: 3 })).toBe('Job will start in 1 minute');
    expect(said({ q: null, waitSeconds: 240 })).toBe('Job will start in 4 minutes');
  });

  it('is withheld where the cluster is not reliable, in other words where it is only learning', () => {
    expect(said({ scope: 'escalate' })).toBe(WITHHELD);
    expect(said({ scope: 'escalate', learning: true })).toBe(STILL_LEARNING);
    expect(WITHHELD).toBe('Prediction unreliable for this environment');
  });

  it.each([
    [30 * DAY, false],
    [30 * DAY + 1, true],
    [Number.NaN, true],
    [Number.POSITIVE_INFINITY, true],
  ])('with a bound of %s seconds says that it cannot predict: %s', (upper90Seconds, cannot) => {
    expect(said({ upper90Seconds }) === CANNOT_PREDICT).toBe(cannot);
  });

  it.each([
    [0.5, 299, true],
    [0.5, 300, false],
    [0.4999, 300, false],
    [0.4999, 301, true],
    [null, 301, false],
  ])('with q = %s and a point wait of %s s would contradict itself about a T of 300 s: %s', (q, waitSeconds, would) => {
    expect(contradicts({ q, waitSeconds }, 300)).toBe(would);
  });

  it('speaks of T and the bound alone where point and probability disagree', () => {
    expect(said({ waitSeconds: 60 })).toBe(
      'Job will probably wait longer than 5 minutes, and at most 20 minutes (90 %)',
    );
    expect(said({ q: 0.4 })).toBe('Job will probably start within 5 minutes, and within 20 minutes at most (90 %)');
  });

  it('leaves the bound out where it is no longer than T', () => {
    expect(said({ waitSeconds: 60, upper90Seconds: 200 })).toBe('Job will probably wait longer than 5 minutes');
    expect(said({ waitSeconds: 60, upper90Seconds: 310 })).toBe('Job will probably wait longer than 5 minutes');
    expect(said({ q: 0.4, upper90Seconds: 300 })).toBe('Job will probably start within 5 minutes');
  });

  it('never contradicts its own numbers, whatever q, point and bounds are (seed 12)', () => {
    const seconds = fc.oneof(
      fc.nat(900),
      fc.double({ min: 0, max: 4e6, noNaN: true }),
      fc.double({ min: 0, max: 1e30, noNaN: true }),
    );
    const inMinutes = (text: string): number => {
      const [, count = '', unit = ''] = /^(\d+) (minute|hour|day)/.exec(text) ?? [];
      return Number(count) * ({ minute: 1, hour: 60, day: 1_440 }[unit] ?? Number.NaN);
    };
    fc.assert(
      fc.property(
        fc.record({
          q: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
          ...{ waitSeconds: seconds, lowerSeconds: seconds, upperSeconds: seconds, upper90Seconds: seconds },
          longWaitSeconds: fc.integer({ min: 1, max: DAY }),
          scope: fc.constantFrom<Scope>('autonomous', 'notify'),
        }),
        (given) => {
          const text = said(given);
          expect(text).not.toMatch(/NaN|Infinity|undefined|\b0 (minute|hour|day)/);
          const t = inMinutes(duration(given.longWaitSeconds));
          const point = /(?:start in |^~)(\d+) minute/.exec(text);
          // What is shown, in the minutes in which it is shown: q and the point are on the same side of T.
          if (point !== null && given.q !== null) {
            const shown = inMinutes(duration(Number(point[1]) * 60));
            if (given.q >= 0.5) expect(shown).toBeGreaterThanOrEqual(t);
            else expect(shown).toBeLessThanOrEqual(t);
          }
          const longer = /wait longer than (.+?)(?:, and at most (.+?) \(90 %\))?$/.exec(text);
          if (longer !== null) {
            expect(given.q ?? 0).toBeGreaterThanOrEqual(0.5);
            if (longer[2] !== undefined) expect(inMinutes(longer[2])).toBeGreaterThan(inMinutes(longer[1] ?? ''));
          }
          const within = /start within (.+?)(?:, and within (.+?) at most \(90 %\))?$/.exec(text);
          if (within !== null) {
            expect(given.q ?? 1).toBeLessThan(0.5);
            if (within[2] !== undefined) expect(inMinutes(within[2])).toBeGreaterThan(inMinutes(within[1] ?? ''));
          }
        },
      ),
      { numRuns: 5_000, seed: 12 },
    );
  });

  it('says times in the unit a person would use', () => {
    expect([0, 89, 90, 7_139, 7_200, 172_799, 172_800].map(duration)).toEqual([
      ...['1 minute', '1 minute', '2 minutes', '119 minutes', '2 hours', '2 days', '2 days'],
    ]);
  });
});
