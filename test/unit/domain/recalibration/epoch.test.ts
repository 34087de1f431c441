import { describe, expect, it } from 'vitest';
import { deserialise, serialise, UnreadableState } from '../../../../functions/domain/calibration/codec.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { throughMap } from '../../../../functions/domain/calibration/map.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { applyBatch, birth } from '../../../../functions/domain/fold-batch.ts';
import { isFitDue, isLookDue } from '../../../../functions/domain/recalibration/due.ts';
import { NO_MEMORY, restoring } from '../../../../functions/domain/recalibration/step.ts';
import { EpochChange, type LedgerItem } from '../../../../schemas/items/ledger.ts';
import { BUDGETS, entryOf, trustedState, verdictOf } from '../builders.ts';
import { jobs } from './simulated.ts';
import { run } from './stream.ts';

const changeOf = (more: Partial<EpochChange> = {}): EpochChange =>
  EpochChange.parse({
    epoch: 1,
    cause: 'promoted',
    by: 'a test',
    knots: [
      [0, 0.1],
      [1, 0.9],
    ],
    proof: Array.from({ length: 300 }, (_, i) => ({ p: 0.2, q: 0.26, longWait: i % 4 === 0 })),
    ...more,
  });

const experienced = (): CalibrationState =>
  run(
    jobs(800, 21, (p) => Math.min(1, p + 0.1)),
    'off',
  ).state;

describe('a new epoch', () => {
  it('serves p through its map, with experts that start afresh and have learned its proof slice', () => {
    const state = experienced();
    beginEpoch(state, changeOf({ proof: [] }));
    expect(throughMap(state.map, 0.5)).toBeCloseTo(0.5, 12);
    expect(serve(state, { p: 0, waitSeconds: 0 }).q).toBeCloseTo(0.1, 12);
    expect(state).toMatchObject({ epoch: 1, n: 0, sinceEpoch: 0, recent: null, whole: null, bias: 0, caution: 0 });
    beginEpoch(state, changeOf({ epoch: 2 }));
    expect(state.bias).not.toBe(0);
  });

  it('starts with its proof slice as n, and is capped at notify for its first 100 labels', () => {
    const state = trustedState();
    beginEpoch(state, changeOf());
    expect(state).toMatchObject({ n: 300, sinceEpoch: 0 });
    expect(state.recent?.n).toBe(300);
    expect(verdictOf(state)).toMatchObject({ scope: 'notify', epoch: 1, reasons: [{ code: 'promoted' }] });
    expect(verdictOf(state).reasons[0]?.message).toContain('100 more labels');
  });

  it('keeps what is about harm: tokens, tau, harm rings, probation, trackers and the detector on raw p', () => {
    const state = experienced();
    const { tokens, tau, harms, hold, interval, raw, baselineEce, alarms } = structuredClone(state);
    beginEpoch(state, changeOf({ proof: [] }));
    expect(state).toMatchObject({ tokens, tau, harms, hold, interval, raw, baselineEce, alarms });
  });

  it('ends a drift verdict only when its slice is back under the band for 100 labels', () => {
    const short = trustedState({ drift: 'degrade' });
    beginEpoch(short, changeOf({ proof: changeOf().proof.slice(0, 90) }));
    expect(short.drift).toBe('degrade');
    const long = trustedState({ drift: 'degrade' });
    beginEpoch(long, changeOf());
    expect(long.drift).toBe('none');
  });

  it('judges its map only on outcomes decided under it', () => {
    const state = trustedState();
    beginEpoch(state, changeOf());
    const bytes = applyBatch(serialise(state), batchOf([entryOf({ epoch: 0 }), entryOf({ epoch: 1 })])).state;
    expect(deserialise(bytes)).toMatchObject({ n: 301, sinceEpoch: 1 });
  });

  it('fits its item, comes back bit for bit, and is unreadable with a broken knot', () => {
    const state = trustedState();
    const knots = Array.from({ length: 32 }, (_, i): [number, number] => [i / 31, 0.001 + i / 40]);
    beginEpoch(state, changeOf({ knots }));
    const bytes = serialise(state);
    expect(bytes.length).toBeLessThanOrEqual(4096);
    expect(deserialise(bytes)).toEqual(state);
    const broken = bytes.slice();
    new DataView(broken.buffer).setFloat64(broken.length - 8, Number.NaN, true);
    expect(() => deserialise(broken)).toThrow(UnreadableState);
  });

  it('reads states that were stored before there were maps', () => {
    const state = trustedState();
    const bytes = serialise(state);
    const older = bytes.slice(0, bytes.length - (4 + 1 + 32 * 16)).with(0, 1);
    expect(deserialise(older)).toEqual(state);
  });
});

function batchOf(entries: LedgerItem['entries'], more: Partial<LedgerItem> = {}): LedgerItem {
  return {
    PK: 'CLUSTER#c1',
    SK: 'LEDGER#1',
    v: 1,
    version: 1,
    folded_at: '2026-11-20T08:00:00Z',
    budgets: BUDGETS,
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
      batchOf([], { version: 4, change: restoring([], null, { epoch: 2, by: 'watch' }) }),
    ];
    const fold = () => batches.reduce((bytes, batch) => applyBatch(bytes, batch).state, birth(BUDGETS).state);
    expect(Buffer.from(fold())).toEqual(Buffer.from(fold()));
    expect(deserialise(fold())).toMatchObject({ epoch: 2, map: null, version: 4, n: 0 });
  });
});

describe('recalibration is due', () => {
  const due = (change: Partial<CalibrationState>, history = NO_MEMORY) => isFitDue(trustedState(change), history);

  it.each([
    ['nothing is wrong', {}, false],
    ['drift costs a scope', { drift: 'degrade' }, true],
    ['drift is only watched', { drift: 'monitor' }, false],
    ['the detector on served q has alarmed', { caution: 1 }, true],
    ['the detector on raw p has alarmed', { modelDrift: 1 }, true],
    ['there are 299 labels', { drift: 'degrade', sinceEpoch: 299 }, false],
    ['there are 300 labels', { drift: 'degrade', sinceEpoch: 300 }, true],
    ['a promoted map has met 199 labels', { drift: 'degrade', epoch: 1, sinceEpoch: 199 }, false],
    ['a promoted map has met 200 labels', { drift: 'degrade', epoch: 1, sinceEpoch: 200 }, true],
  ] as const)('where %s', (_, change, expected) => {
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
    expect(isFitDue(initialState(), NO_MEMORY)).toBe(false);
  });
});
