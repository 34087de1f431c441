import { describe, expect, it } from 'vitest';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { trustedState } from '../builders.ts';

describe('a new epoch', () => {
  it('restarts nothing but its own labels and the distribution of p', () => {
    const state = trustedState();
    const before = structuredClone(state);
    beginEpoch(state, 1);
    const { epoch, sinceEpoch, shift, ...rest } = state;
    const { epoch: _, sinceEpoch: __, shift: ___, ...restBefore } = before;
    expect(rest).toEqual(restBefore);
    expect([epoch, sinceEpoch, shift.collected, shift.size]).toEqual([1, 0, 0, 0]);
  });
});
