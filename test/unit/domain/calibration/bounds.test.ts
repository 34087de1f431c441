import { describe, expect, it } from 'vitest';
import { boundsAround } from '../../../../functions/domain/calibration/intervals.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { RULES } from '../builders.ts';

describe('bounds on a wait', () => {
  it('stand around the point by the trackers', () => {
    const { lowerSeconds, upperSeconds, upper90Seconds } = boundsAround(initialState(RULES), 17.2);
    expect(upperSeconds).toBeCloseTo(364.556772002, 8);
    expect(upper90Seconds).toBeCloseTo(220.721390085, 8);
    expect(lowerSeconds).toBeCloseTo(1.463102155, 8);
  });

  it('are what a double and a person can take, however far the trackers have gone', () => {
    const far = { ...initialState(RULES), interval: { lo: -56, hi: 56, up: 56 } };
    const { lowerSeconds, upperSeconds, upper90Seconds } = boundsAround(far, 1e12);
    expect(lowerSeconds).toBe(0);
    expect(upperSeconds).toBe(Math.exp(80) - 1);
    expect(Number.isFinite(upper90Seconds)).toBe(true);
  });
});
