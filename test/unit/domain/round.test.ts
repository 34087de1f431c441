import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrayPart,
  canonicalInstant,
  instantOf,
  type Round,
  roundHash,
  roundKey,
  roundText,
} from '../../../functions/domain/round.ts';
import { JobId } from '../../../schemas/primitives.ts';

const SECONDS = { min: 1_600_000_000, max: 4_000_000_000 };
const anyInstant = fc.integer(SECONDS).map((seconds) => new Date(seconds * 1000).toISOString());
const anyId = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.:/@+=,%[\]-]{0,20}$/);
const anyRound: fc.Arbitrary<Round> = fc.record({
  clusterId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
  jobId: anyId,
  submittedAt: anyInstant,
});

describe('a round', () => {
  it('is one whatever way its instant is spelled', () => {
    const spelled = ['2026-11-20T08:00:00Z', '2026-11-20T08:00:00.000Z', '2026-11-20T08:00:00.0Z'];
    const rounds = spelled.map((submittedAt) => ({ clusterId: 'c', jobId: 'j', submittedAt }));
    expect(new Set(rounds.map(roundKey))).toEqual(new Set(['j#2026-11-20T08:00:00.000Z']));
    expect(new Set(rounds.map(roundText)).size).toBe(1);
  });

  it('has a text, a hash of 8 bytes and a key of its own', () => {
    fc.assert(
      fc.property(anyRound, anyRound, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(roundText(one) === roundText(other)).toBe(same);
        expect(Buffer.from(roundHash(one)).equals(roundHash(other))).toBe(same);
        if (one.clusterId === other.clusterId) expect(roundKey(one) === roundKey(other)).toBe(same);
        expect(roundHash(one)).toHaveLength(8);
      }),
      { seed: 20, numRuns: 500 },
    );
  });

  it('runs together with no other, however the names are cut', () => {
    const submittedAt = '2026-11-20T08:00:00Z';
    const texts = [
      ['c:1', 'j'],
      ['c', '1:j'],
      ['c1', '1:j'],
      ['c', '11:j'],
    ].map(([clusterId = '', jobId = '']) => roundText({ clusterId, jobId, submittedAt }));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('has a key in which nothing but the separator is a #, and that sorts by submission', () => {
    fc.assert(
      fc.property(anyId, fc.uniqueArray(anyInstant, { minLength: 2, maxLength: 9 }), (jobId, instants) => {
        const keys = instants.map((submittedAt) => roundKey({ jobId, submittedAt }));
        for (const key of keys) expect(key.split('#')).toHaveLength(2);
        expect(keys.toSorted()).toEqual(instants.toSorted().map((submittedAt) => roundKey({ jobId, submittedAt })));
      }),
      { seed: 20 },
    );
    expect(roundKey({ jobId: 'a#b/%23', submittedAt: '2026-11-20T08:00:00Z' })).toMatch(/^a%23b%2F%2523#2026/);
  });

  it('keeps its instant through the seconds of the ledger', () => {
    fc.assert(
      fc.property(fc.integer({ min: SECONDS.min * 1000, max: SECONDS.max * 1000 }), (milliseconds) => {
        const instant = canonicalInstant(new Date(milliseconds).toISOString());
        expect(instantOf(Date.parse(instant) / 1000)).toBe(instant);
      }),
      { seed: 20 },
    );
  });
});

describe('an array', () => {
  it.each([
    ['123', '123', 'whole'],
    ['123_4', '123', 'task'],
    ['123_0', '123', 'task'],
    ['123_[0-9%2]', '123', 'pending'],
    ['123_[4-7]', '123', 'pending'],
    ['1001_[0-99%10]', '1001', 'pending'],
    ['123_[1,3,5-7]', '123', 'pending'],
    ['0b1c5f3e-2d7a-4f6b-9c3d-1a2b3c4d5e6f', '0b1c5f3e-2d7a-4f6b-9c3d-1a2b3c4d5e6f', 'whole'],
    ['0b1c5f3e-2d7a-4f6b-9c3d-1a2b3c4d5e6f:7', '0b1c5f3e-2d7a-4f6b-9c3d-1a2b3c4d5e6f', 'task'],
    ['123.batch', '123.batch', 'whole'],
    ['123+1', '123+1', 'whole'],
    ['instance_7280', 'instance_7280', 'whole'],
    ['openb-pod-0001', 'openb-pod-0001', 'whole'],
    ['123_4_5', '123_4_5', 'whole'],
    ['123_[1-2]@x', '123_[1-2]@x', 'whole'],
    ['uid:7', 'uid:7', 'whole'],
  ])('%s is of %s: %s', (id, jobId, part) => {
    expect(JobId.parse(id)).toBe(id);
    expect(arrayPart(id)).toEqual({ jobId, part });
  });
});
