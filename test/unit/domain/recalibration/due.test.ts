import { describe, expect, it } from 'vitest';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { isFitDue, isLookDue } from '../../../../functions/domain/recalibration/due.ts';
import { RULES } from '../builders.ts';

const history = { watched: false, lookedAt: 0, triedAt: null };
const state = (values: { n?: number; epoch?: number; sinceEpoch?: number; servedAlarm?: number; rawAlarm?: number }) =>
  Object.assign(initialState(RULES), { n: 6000, sinceEpoch: 6000, servedAlarm: 1 }, values);

describe('a refit', () => {
  it('is tried where what is served has drifted, and not for what VGAC says', () => {
    expect(isFitDue(state({}), history)).toBe(true);
    expect(isFitDue(state({ servedAlarm: 0, rawAlarm: 300 }), history)).toBe(false);
    expect(isFitDue(Object.assign(state({ servedAlarm: 0 }), { drift: 'degrade' }), history)).toBe(true);
    expect(isFitDue(Object.assign(state({ servedAlarm: 0 }), { drift: 'monitor' }), history)).toBe(false);
  });

  it('is tried again when as many labels have come as proved the last one', () => {
    expect(isFitDue(state({ sinceEpoch: 7499 }), { ...history, triedAt: 6000 })).toBe(false);
    expect(isFitDue(state({ sinceEpoch: 7500 }), { ...history, triedAt: 6000 })).toBe(true);
    expect(isFitDue(state({ n: 1000, sinceEpoch: 1000 }), { ...history, triedAt: 701 })).toBe(false);
    expect(isFitDue(state({ n: 1000, sinceEpoch: 1000 }), { ...history, triedAt: 700 })).toBe(true);
  });

  it('is not tried before there are 200 labels to prove it', () => {
    expect([663, 664].map((n) => isFitDue(state({ n, sinceEpoch: n }), history))).toEqual([false, true]);
  });

  it('is given its first 500 labels before another may take its place', () => {
    expect(isFitDue(state({ epoch: 1, sinceEpoch: 499 }), history)).toBe(false);
    expect(isFitDue(state({ epoch: 1, sinceEpoch: 500 }), history)).toBe(true);
  });

  it('is looked at every 100 labels while it is watched', () => {
    const watched = { ...history, watched: true, lookedAt: 200 };
    expect([299, 300].map((sinceEpoch) => isLookDue(state({ epoch: 1, sinceEpoch }), watched))).toEqual([false, true]);
    expect(isLookDue(state({ epoch: 1, sinceEpoch: 300 }), { ...watched, watched: false })).toBe(false);
  });
});
