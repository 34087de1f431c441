import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanOf, unitOf } from '../../../../infra/replay/import/spans.ts';
import { Times } from '../../../../infra/replay/import/times.ts';
import { UnknownZone, zoneOf } from '../../../../infra/replay/import/zone.ts';

const utc = (text: string): number => Date.parse(text) / 1000;
const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns', 'UTC'];

describe('times', () => {
  it.each([
    ['2026-03-01T08:00:00+02:00', '2026-03-01T06:00:00Z'],
    ['2026-03-01T08:00:00-0330', '2026-03-01T11:30:00Z'],
    ['2026-03-01t08:00:00z', '2026-03-01T08:00:00Z'],
    ['2026/03/01 08:00Z', '2026-03-01T08:00:00Z'],
    ['20260301T080000Z', '2026-03-01T08:00:00Z'],
    ['2026-03-01T24:00:00Z', '2026-03-02T00:00:00Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2024-02-29 08:00:00 GMT', '2024-02-29T08:00:00Z'],
    ['1772352000000000', '2026-03-01T08:00:00Z'],
    ['1772352000000000000', '2026-03-01T08:00:00Z'],
  ])('%s is %s', (text, expected) => {
    expect(new Times(null).readText(text)).toBe(utc(expected));
  });

  it.each([
    ['2026-03-01T08:00:00', 'has no time zone: give --timezone'],
    ['20260301080000', 'has no time zone: give --timezone'],
    ['2026-03-01T08:00:00 CET', 'names a zone that could be several: write it as +02:00'],
    ['2025-02-29T08:00:00Z', 'is not a calendar date'],
    ['2026-13-01T08:00:00Z', 'is not a calendar date'],
    ['2026-03-01T25:00:00Z', 'is not a time of day'],
    ['2026-03-01', 'is a day without a time'],
    ['03/01/2026 08:00', 'is not a time in seconds or ISO 8601'],
    ['2026-03-01T08:00:00+2', 'ends in something that is not an offset'],
    ['1e30', 'is not a time in seconds or ISO 8601'],
  ])('%s %s', (text, fault) => {
    const times = new Times(null);
    expect(times.readText(text)).toBeNaN();
    expect(times.fault).toBe(fault);
  });
});

describe('a time zone', () => {
  it('brings every time of its clock back to where it came from, but for those that it shows twice', () => {
    const at = fc.integer({ min: 1_000_000_000, max: 2_000_000_000 });
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), at, (name, seconds) => {
        const clock = new Intl.DateTimeFormat('sv', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' });
        const shown = clock.format(new Date(seconds * 1000));
        const back = new Times(zoneOf(name)).readText(shown);
        expect(clock.format(new Date(back * 1000))).toBe(shown);
        expect(back).toBeLessThanOrEqual(seconds);
        expect(seconds - back).toBeLessThanOrEqual(3600);
        expect(new Times(zoneOf(name)).readText(shown, seconds)).toBe(seconds);
      }),
      { numRuns: 300 },
    );
  });

  it('has one rule for a clock that is put forward or back', () => {
    const times = new Times(zoneOf('Europe/Berlin'));
    // Never shown: as if the clock had not been put forward yet.
    expect(times.readText('2026-03-29T02:30:00')).toBe(utc('2026-03-29T01:30:00Z'));
    // Shown twice: the first, unless that is before the submission.
    expect(times.readText('2026-10-25T02:30:00')).toBe(utc('2026-10-25T00:30:00Z'));
    expect(times.readText('2026-10-25T02:30:00', utc('2026-10-25T00:45:00Z'))).toBe(utc('2026-10-25T01:30:00Z'));
  });

  it('may be an offset, and is refused with an example where nobody knows it', () => {
    expect(new Times(zoneOf('+0530')).readText('2026-03-01T08:00:00')).toBe(utc('2026-03-01T02:30:00Z'));
    expect(() => zoneOf('Berlin')).toThrow(UnknownZone);
    expect(() => zoneOf('Berlin')).toThrow(/"Berlin" is not a time zone; use a name such as Europe\/Berlin/);
  });
});

describe('spans', () => {
  it.each([
    ['90', 90],
    ['1.5e3', 1500],
    ['00:05:10', 310],
    ['1-02:00:00', 93_600],
    ['1-02', 93_600],
    ['05:10', 310],
    ['2 days, 3:04:05', 183_845],
    ['12.345s', 12.345],
    ['1m30s', 90],
    ['1h 2m', 3720],
    ['300ms', 0.3],
    ['PT1H5M', 3900],
    ['P1DT2H', 93_600],
    ['-5', Number.NaN],
    ['3 foo', Number.NaN],
    ['P', Number.NaN],
    ['', Number.NaN],
    ['soon', Number.NaN],
  ])('"%s" is %d s', (text, seconds) => {
    expect(spanOf(text)).toBe(seconds);
  });

  it.each([
    ['wait_ms', 'wait', 0.001],
    ['Wait (min)', 'Wait', 60],
    ['queue wait [h]', 'queue wait', 3600],
    ['actual_wait_s', 'actual_wait', 1],
    ['wait', 'wait', 1],
    ['num_gpus', 'num_gpus', 1],
  ])('column "%s" is in the unit of its name', (name, base, unit) => {
    expect(unitOf(name)).toEqual({ base, unit });
  });
});
