import { describe, expect, it } from 'vitest';
import { numberNames, overrides } from '../../../functions/domain/overrides.ts';
import { NUMBERS } from '../../../functions/domain/thresholds.ts';

describe('the numbers', () => {
  it('cannot be moved by anybody, however deep they stand', () => {
    const tables: object[] = [NUMBERS];
    for (const table of tables) {
      expect(Object.isFrozen(table)).toBe(true);
      for (const inner of Object.values(table)) if (typeof inner === 'object') tables.push(inner);
    }
    expect(tables.length).toBeGreaterThan(15);
    expect(() => Object.assign(NUMBERS.tiers.warn, { ece: 1 })).toThrow(TypeError);
  });

  it('are the deployed ones where nothing else is asked for', () => {
    expect(overrides(new Map())).toEqual(NUMBERS);
  });

  it('can be tried with other values, each by its name, and stay what they are', () => {
    const before = structuredClone(NUMBERS);
    for (const name of numberNames()) {
      const tried = overrides(new Map([[name, 123.5]]));
      expect(JSON.stringify(tried).match(/123\.5/g)).toHaveLength(1);
      expect(Object.isFrozen(tried.gate.drift)).toBe(true);
    }
    expect(overrides(new Map([['TIER_NUMBERS.warn.ece', 0.2]])).tiers.warn).toEqual({ ...before.tiers.warn, ece: 0.2 });
    expect(NUMBERS).toEqual(before);
  });

  it('include no other than those that are listed', () => {
    expect(() => overrides(new Map([['OUTCOME_RING.size', 10]]))).toThrow(/no number OUTCOME_RING.size/);
    expect(() => overrides(new Map([['GATE.nothing', 1]]))).toThrow(RangeError);
  });
});
