import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { copyOf, deserialise, serialise, UnreadableState } from '../../../../functions/domain/calibration/codec.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { BUDGETS, entryOf, trustedState } from '../builders.ts';
import { anyEntry } from './ledger-entries.ts';

describe('the stored state', () => {
  it('comes back bit for bit after any history, and never outgrows its item', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 300 }), fc.nat(4e9), (entries, version) => {
        const state = initialState(BUDGETS);
        for (const entry of entries) applyEntry(state, entry, BUDGETS);
        state.version = version;
        const bytes = serialise(state);
        expect(bytes.length).toBeLessThanOrEqual(4096);
        expect(deserialise(bytes)).toEqual(state);
        expect(serialise(deserialise(bytes))).toEqual(bytes);
      }),
      { numRuns: 40 },
    );
  });

  it('goes on from stored bytes as if it had never been stored, past the end of its rings', () => {
    let stored = initialState(BUDGETS);
    const kept = initialState(BUDGETS);
    for (let i = 0; i < 1300; i++) {
      const p = ((i * 37) % 100) / 100;
      const entry = entryOf({ labelAt: 1000 + i * 60, p, q: p, longWait: (i * 53) % 100 < 40, waitSeconds: i % 700 });
      applyEntry(kept, entry, BUDGETS);
      applyEntry(stored, entry, BUDGETS);
      stored = deserialise(serialise(stored));
    }
    expect(serialise(stored)).toEqual(serialise(kept));
    expect(kept.outcomes.size).toBe(1000);
  });

  it('keeps a null apart from a number, and a state of full drift', () => {
    const state = trustedState({
      lastTime: null,
      baselineEce: 0,
      lastGoodEce: null,
      drift: 'escalate',
      driftClear: 90,
    });
    expect(deserialise(serialise(state))).toEqual(state);
  });

  it('reads bytes that lie inside a larger buffer', () => {
    const state = trustedState();
    const bytes = serialise(state);
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 7);
    expect(deserialise(larger.subarray(7, 7 + bytes.length))).toEqual(state);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array(0)],
    ['too little', (bytes) => bytes.subarray(1)],
    ['another format', (bytes) => bytes.with(0, 9)],
    ['an unknown drift band', (bytes) => bytes.with(1, 9)],
    ['only ones', (bytes) => new Uint8Array(bytes.length).fill(255).with(0, 1)],
  ])('refuses %s as unreadable', (_, damage) => {
    expect(() => deserialise(damage(serialise(initialState())))).toThrow(UnreadableState);
  });

  it('copies without sharing anything', () => {
    const state = initialState(BUDGETS);
    const before = serialise(state);
    const copy = copyOf(state);
    applyEntry(copy, entryOf({ executed: true, longWait: true }), BUDGETS);
    expect(serialise(state)).toEqual(before);
    expect(serialise(copy)).not.toEqual(before);
  });
});
