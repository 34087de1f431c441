import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { deserialise, serialise, UnreadableState } from '../../../../functions/domain/calibration/codec.ts';
import { differences } from '../../../../functions/domain/calibration/differences.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { Reader, Writer } from '../../../../functions/domain/calibration/octets.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { entryOf, NOW_SECONDS, purseOf, RULES, T, trustedState } from '../builders.ts';
import { seeded } from '../seeded.ts';
import { anyEntry } from './ledger-entries.ts';

/** A state of an earlier format after 430 labels, and what it holds that is still in use. */
function legacy(format: number): { state: string; holds: object } {
  const file = new URL(`../../../fixtures/legacy/calibration-format-${format}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

const EIGHT_KB = 8 * 1024;
const SEED = 8_192;
const same = (one: CalibrationState, other: CalibrationState): boolean =>
  Buffer.from(serialise(one)).equals(Buffer.from(serialise(other)));

/** Applies calibrated labels at random times to a state. @returns the most bytes that it took on the way */
function fill(state: CalibrationState, labels: number, perDay: number, whole = true): number {
  const random = seeded(perDay);
  let most = 0;
  let submittedAt = NOW_SECONDS + state.n * 86_400;
  for (let i = 0; i < labels; i++) {
    submittedAt += (-Math.log(1 - random()) * 86_400) / perDay;
    const q = random();
    const long = random() < q;
    const at = whole ? Math.floor(submittedAt) : Math.round(submittedAt * 1000) / 1000;
    const labelAt = at + (long ? T : Math.floor(random() * T));
    applyEntry(state, entryOf({ submittedAt: at, labelAt, p: q, q, longWait: long, draw: random() }), purseOf(), T);
    if (i % 50 === 0) most = Math.max(most, serialise(state).length);
  }
  return most;
}

describe('the stored state', () => {
  it(`comes back bit for bit after any history (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 300 }), fc.nat(4e9), (entries, version) => {
        const state = initialState(RULES);
        for (const entry of entries) applyEntry(state, entry, purseOf({ reserved: [9, 9, 9, 9] }), T);
        state.version = version;
        const bytes = serialise(state);
        const back = deserialise(bytes);
        expect(Buffer.from(serialise(back)).equals(Buffer.from(bytes))).toBe(true);
        expect(back.version).toBe(version);
        expect(back.tiers.map(({ evidence: _, ...rest }) => rest)).toEqual(
          state.tiers.map(({ evidence: _, ...rest }) => rest),
        );
        for (const [i, { evidence }] of back.tiers.entries()) {
          const { at, y, size, head, stretches, offered } = evidence;
          expect({ at, y, size, head, stretches, offered }).toEqual({ ...state.tiers[i]?.evidence, bound: undefined });
        }
        expect(back.outcomes.q).toEqual(state.outcomes.q);
        expect(back.outcomes.at).toEqual(state.outcomes.at);
        expect(back.outcomes.y).toEqual(state.outcomes.y);
        expect(back.evaluation).toEqual(state.evaluation);
        expect([back.raw, back.served, back.interval]).toEqual([state.raw, state.served, state.interval]);
      }),
      { numRuns: 200, seed: SEED },
    );
  });

  it('goes on from stored bytes as if it had never been stored, past the end of its rings and a change of epoch', () => {
    const random = seeded(3);
    let stored = initialState(RULES);
    const kept = initialState(RULES);
    for (let i = 0; i < 3_300; i++) {
      const p = Math.round(random() * 20) / 20;
      // Bursts of forty at one second, each half a day after the one before.
      const submittedAt = NOW_SECONDS + Math.floor(i / 40) * 43_200;
      const longWait = random() < p;
      const labelAt = submittedAt + (longWait ? T : 60);
      const entry = entryOf({ submittedAt, labelAt, p, q: p, longWait, waitSeconds: i % 700, draw: random() });
      for (const state of [kept, stored]) {
        if (i === 2_000) beginEpoch(state, 1);
        applyEntry(state, entry, purseOf(), T);
      }
      if (i % 7 === 0) stored = deserialise(serialise(stored));
    }
    expect(same(stored, kept)).toBe(true);
    expect(kept.outcomes.size).toBe(1000);
    expect(kept.epoch).toBe(1);
  });

  it.each([60, 300, 1_440, 20_000])('takes at most 8 KB at %s jobs a day, where times are whole seconds', (perDay) => {
    const state = initialState(RULES);
    expect(fill(state, 4_500, perDay)).toBeLessThanOrEqual(EIGHT_KB);
    expect(state.outcomes.size).toBe(1000);
    expect(state.tiers[0].evidence.size).toBe(200);
  });

  it('keeps times in milliseconds where a scheduler knows them', () => {
    const state = initialState(RULES);
    fill(state, 1_500, 1_440, false);
    expect(state.outcomes.at.some((at) => !Number.isInteger(at))).toBe(true);
    expect(deserialise(serialise(state)).outcomes.at).toEqual(state.outcomes.at);
  });

  it('keeps a null apart from a number, and a state of full drift', () => {
    const change = { lastTime: null, baselineEce: 0, lastGoodEce: null, driftClear: 90 } as const;
    const state = trustedState({ ...change, drift: 'escalate', driftNow: 'degrade', evaluation: null });
    expect(deserialise(serialise(state))).toMatchObject({ ...change, drift: 'escalate', driftNow: 'degrade' });
    expect(deserialise(serialise(state)).evaluation).toBeNull();
  });

  it('keeps tokens below zero, and eras', () => {
    const state = initialState(RULES);
    Object.assign(state.tiers[3], { tokens: -123_456, era: 7, wrongWeight: 2 ** 40 });
    expect(deserialise(serialise(state)).tiers[3]).toMatchObject({ tokens: -123_456, era: 7, wrongWeight: 2 ** 40 });
  });

  it.each([
    [1, 'without the experts and the promoted map that served then'],
    [2, 'as it stands'],
  ])('reads format %s %s, and counts the days of its evidence from there on', (format) => {
    const { holds, state: bytes } = legacy(format);
    const state = deserialise(Buffer.from(bytes, 'base64'));
    const tiers = state.tiers.map(({ evidence, ...tier }) => ({ ...tier, evidence: evidence.size }));
    const outcomes = { size: state.outcomes.size, q: Array.from(state.outcomes.q.subarray(0, 3)) };
    const read = { ...state, tiers, outcomes, raw: Array.from(state.raw), served: Array.from(state.served) };
    expect(read).toMatchObject(holds);
    const written = serialise(state);
    expect(written[0]).toBe(3);
    expect(state.tiers.map(({ days }) => days)).toEqual(Array(4).fill({ seen: 0, last: -1 }));
    expect(same(deserialise(written), state)).toBe(true);
  });

  it('reads bytes that lie inside a larger buffer', () => {
    const bytes = serialise(trustedState());
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 7);
    expect(same(deserialise(larger.subarray(7, 7 + bytes.length)), trustedState())).toBe(true);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array(0)],
    ['too little', (bytes) => bytes.subarray(0, -1)],
    ['too much', (bytes) => Uint8Array.from([...bytes, 0])],
    ['another format', (bytes) => bytes.with(0, 9)],
    ['an unknown drift band', (bytes) => bytes.with(1, 9)],
    ['only ones', (bytes) => new Uint8Array(bytes.length).fill(255).with(0, 1).with(1, 0)],
    ['only zeros', (bytes) => new Uint8Array(bytes.length).with(0, 1)],
  ])('refuses %s as unreadable', (_, damage) => {
    const state = initialState(RULES);
    fill(state, 60, 60);
    expect(() => deserialise(damage(serialise(state)))).toThrow(UnreadableState);
  });

  it(`never hangs, and never throws anything but that it is unreadable, on bytes that were damaged (seed ${SEED})`, () => {
    const state = initialState(RULES);
    fill(state, 1_200, 1_440);
    const bytes = serialise(state);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, octet, length) => {
        for (const damaged of [bytes.with(at, octet), bytes.subarray(0, length)]) {
          try {
            deserialise(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(UnreadableState);
          }
        }
      }),
      { numRuns: 1_000, seed: SEED },
    );
  });
});

describe('differences', () => {
  it(`come back, whatever they are (seed ${SEED})`, () => {
    const most = 2 ** 51;
    const whole = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer(), fc.integer({ min: -most, max: most }));
    fc.assert(
      fc.property(fc.array(whole, { maxLength: 60 }), (numbers) => {
        const writer = new Writer();
        differences(writer, Float64Array.from(numbers), numbers.length);
        const reader = new Reader(writer.bytes());
        const read = new Float64Array(numbers.length);
        differences(reader, read, numbers.length);
        reader.end();
        expect([...read].map((value) => value + 0)).toEqual(numbers.map((value) => value + 0));
      }),
      { numRuns: 3_000, seed: SEED },
    );
  });
});
