import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../../functions/adapters/http/retry-after.ts';

const NOW = Date.UTC(2026, 10, 20, 8);

describe('Retry-After', () => {
  it.each([
    ['seconds', '120', 120_000],
    ['zero', '0', 0],
    ['a date to come', 'Fri, 20 Nov 2026 08:00:30 GMT', 30_000],
    ['a date gone by', 'Fri, 20 Nov 2026 07:00:00 GMT', 0],
    ['nothing', null, null],
    ['an empty text', ' ', null],
    ['a negative number', '-5', null],
    ['a fraction', '2.5', null],
    ['words', 'soon', null],
    ['a broken date', 'Xyz, 99 Foo 2026 GMT', null],
  ])('reads %s', (_, header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });
});
