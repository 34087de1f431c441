import { describe, expect, it } from 'vitest';
import { deserialise, serialise, UnreadableState } from '../../../../functions/domain/calibration/codec.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { throughMap } from '../../../../functions/domain/calibration/map.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { applyBatch, birth } from '../../../../functions/domain/fold-batch.ts';
import { isFitDue, isLookDue } from '../../../../functions/domain/recalibration/due.ts';
import { NO_MEMORY, restoring } from '../../../../functions/domain/recalibration/step.ts';
import { ledgerTiers } from '../../../../functions/domain/tier-rules.ts';
import { EpochChange, type LedgerItem } from '../../../../schemas/items/ledger.ts';
import { entryOf, RULES, trustedState, verdictOf } from '../builders.ts';
import { jobs } from './simulated.ts';
import { LONG_WAIT, run } from './stream.ts';

const changeOf = (more: Partial<EpochChange> = {}): EpochChange =>
  EpochChange.parse({
    epoch: 1,
    cause: 'promoted',
    by: 'a test',
    knots: [
      [0, 0.1],
      [1, 0.9],
    ],
    ...more,
  });

const experienced = (): CalibrationState =>
  run(
    jobs(800, 21, (p) => Math.min(1, p + 0.1)),
    'off',
  ).state;

const qOf = (state: CalibrationState, p: number): number => serve(state, { p, waitSeconds: 0 }).q ?? Number.NaN;

describe('a new epoch', () => {
  it('has its map among the experts, with a sixth of the weight beside what was served before', () => {
    const state = experienced();
    const before = qOf(state, 0.3);
    beginEpoch(state, changeOf());
    expect(qOf(state, 0.3)).toBeCloseTo((5 * before + throughMap(state.map, 0.3)) / 6, 12);
  });

  it('serves again what was served before, when a map leaves as it came', () => {
    const state = experienced();
    const before = [0.05, 0.3, 0.9].map((p) => qOf(state, p));
    beginEpoch(state, changeOf());
    beginEpoch(state, changeOf({ epoch: 2, cause: 'rolledBack', knots: null }));
    expect(state.map).toBeNull();
    for (const [i, p] of [0.05, 0.3, 0.9].entries()) expect(qOf(state, p)).toBeCloseTo(before[i] ?? 0, 12);
  });

  it('has one map at a time: another takes the place of the one before', () => {
    const [twice, once] = [experienced(), experienced()];
    const knots: EpochChange['knots'] = [
      [0, 0.2],
      [1, 0.8],
    ];
    beginEpoch(twice, changeOf());
    beginEpoch(twice, changeOf({ epoch: 2, knots }));
    beginEpoch(once, changeOf({ epoch: 2, knots }));
    expect(qOf(twice, 0.3)).toBeCloseTo(qOf(once, 0.3), 12);
  });

  it('restarts nothing but its own count of labels and the distribution that p is compared with', () => {
    const state = experienced();
    const { weights: _, ...before } = structuredClone(state);
    beginEpoch(state, changeOf());
    const { weights: __, ...after } = structuredClone(state);
    expect(after).toEqual({ ...before, epoch: 1, sinceEpoch: 0, map: state.map, shift: initialState(RULES).shift });
  });

  it('is capped at notify for its first 100 labels', () => {
    const state = trustedState();
    beginEpoch(state, changeOf());
    expect(verdictOf(state)).toMatchObject({ scope: 'notify', epoch: 1, reasons: [{ code: 'promoted' }] });
    expect(verdictOf(state).reasons[0]?.message).toContain('100 more labels');
    expect(verdictOf({ ...state, sinceEpoch: 99 }).scope).toBe('notify');
    expect(verdictOf({ ...state, sinceEpoch: 100 }).scope).toBe('autonomous');
  });

  it('fits its item, comes back bit for bit, and is unreadable with a broken knot', () => {
    const state = trustedState();
    const knots = Array.from({ length: 32 }, (_, i): [number, number] => [i / 31, 0.001 + i / 40]);
    beginEpoch(state, changeOf({ knots }));
    const bytes = serialise(state);
    expect(bytes.length).toBeLessThanOrEqual(8192);
    expect(Buffer.from(serialise(deserialise(bytes)))).toEqual(Buffer.from(bytes));
    expect(deserialise(bytes).map).toEqual(state.map);
    const broken = bytes.slice();
    new DataView(broken.buffer).setFloat64(placeOf(bytes, 0.001 + 31 / 40), Number.NaN, true);
    expect(() => deserialise(broken)).toThrow(UnreadableState);
  });
});

/** Where a number stands in the bytes of a state. */
function placeOf(bytes: Uint8Array, value: number): number {
  const wanted = Buffer.alloc(8);
  wanted.writeDoubleLE(value);
  const place = Buffer.from(bytes).indexOf(wanted);
  expect(place).toBeGreaterThan(0);
  return place;
}

const TIERS = ledgerTiers(RULES);

function batchOf(entries: LedgerItem['entries'], more: Partial<LedgerItem> = {}): LedgerItem {
  return {
    PK: 'CLUSTER#c1',
    SK: 'LEDGER#1',
    v: 1,
    version: 1,
    folded_at: '2026-11-20T08:00:00Z',
    long_wait_seconds: LONG_WAIT,
    tiers: TIERS,
    reserved: [0, 0, 0, 0],
    caps: TIERS.map(({ cap }) => cap),
    entries,
    ...more,
  };
}

describe('the fold', () => {
  it('takes the change of epoch from the ledger, so that the ledger alone rebuilds the state', () => {
    const before = Array.from({ length: 60 }, (_, i) => entryOf({ labelAt: 1000 + i, longWait: i % 3 === 0 }));
    const after = before.map((entry) => ({ ...entry, epoch: 1, labelAt: entry.labelAt + 100 }));
    const batches = [
      batchOf(before),
      batchOf([], { version: 2, change: changeOf() }),
      batchOf(after, { version: 3 }),
      batchOf([], { version: 4, change: restoring(null, { epoch: 2, by: 'watch' }) }),
    ];
    const fold = () => batches.reduce((bytes, batch) => applyBatch(bytes, batch).state, birth(TIERS).state);
    expect(Buffer.from(fold())).toEqual(Buffer.from(fold()));
    expect(deserialise(fold())).toMatchObject({ epoch: 2, map: null, version: 4, n: 120, sinceEpoch: 0 });
  });

  it('moves no free token by a change of epoch', () => {
    const { state } = birth(TIERS);
    const { free } = applyBatch(state, batchOf([], { change: changeOf(), reserved: [10_000, 0, 30_000, 0] }));
    expect(free).toEqual([{ delta: 0 }, { delta: 0 }, { delta: 0 }, { delta: 0 }]);
  });
});

describe('recalibration is due', () => {
  const due = (change: Partial<CalibrationState>, history = NO_MEMORY) => isFitDue(trustedState(change), history);
  const cases: [string, Partial<CalibrationState>, boolean][] = [
    ['nothing is wrong', {}, false],
    ['the announced drift is degrade', { drift: 'degrade' }, true],
    ['the announced drift is only monitor', { drift: 'monitor' }, false],
    ['drift is degrade now, and not announced', { driftNow: 'degrade' }, false],
    ['an alarm on served q is shown', { servedAlarm: 1 }, true],
    ['an alarm on raw p is shown', { rawAlarm: 1 }, true],
    ['there are 299 labels', { drift: 'degrade', sinceEpoch: 299 }, false],
    ['there are 300 labels', { drift: 'degrade', sinceEpoch: 300 }, true],
    ['a promoted map has met 199 labels', { drift: 'degrade', epoch: 1, sinceEpoch: 199 }, false],
    ['a promoted map has met 200 labels', { drift: 'degrade', epoch: 1, sinceEpoch: 200 }, true],
  ];

  it.each(cases)('where %s', (_, change, expected) => {
    expect(due(change)).toBe(expected);
  });

  it('at most once per 100 labels', () => {
    expect(due({ drift: 'degrade', sinceEpoch: 499 }, { ...NO_MEMORY, triedAt: 400 })).toBe(false);
    expect(due({ drift: 'degrade', sinceEpoch: 500 }, { ...NO_MEMORY, triedAt: 400 })).toBe(true);
  });

  it('for a look at a watched map, every 50 labels', () => {
    const look = (sinceEpoch: number, watched = true) =>
      isLookDue(trustedState({ epoch: 1, sinceEpoch }), { ...NO_MEMORY, watched, lookedAt: 50 });
    expect([look(99), look(100), look(100, false)]).toEqual([false, true, false]);
  });

  it('never for a state that nothing is known of', () => {
    expect(isFitDue(initialState(RULES), NO_MEMORY)).toBe(false);
  });
});
