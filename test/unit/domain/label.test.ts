import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contradicts, type LabelEvents, labelOf } from '../../../functions/domain/label.ts';

const SUBMIT = Date.parse('2026-11-20T08:00:00.000Z');
const T = 300;
const at = (seconds: number) => new Date(SUBMIT + seconds * 1000).toISOString();

interface Seen {
  start?: number;
  end?: number;
  cancel?: number;
}

function label({ start, end, cancel }: Seen, now: number) {
  const row: LabelEvents = {
    submitted_at: at(0),
    ...(start !== undefined && { started_at: at(start) }),
    ...(end !== undefined && { ended_at: at(end) }),
    ...(cancel !== undefined && { cancelled_at: at(cancel) }),
  };
  return labelOf(row, T, new Date(SUBMIT + now * 1000));
}

describe('a label', () => {
  it.each<[string, Seen, number, boolean | null, number, number | null]>([
    ['started at once', { start: 0 }, 0, false, 0, 0],
    ['started exactly at T', { start: 300 }, 300, false, 300, 300],
    ['started just after T', { start: 301 }, 301, true, 300, 301],
    ['started long after T', { start: 5000 }, 5000, true, 300, 5000],
    ['started before its submission, by another clock', { start: -5 }, 0, false, 0, 0],
    ['started and ended', { start: 10, end: 20 }, 20, false, 10, 10],
    ['ended within T, no start seen', { end: 299 }, 299, false, 299, null],
    ['ended exactly at T, no start seen', { end: 300 }, 300, false, 300, null],
    ['ended after T, no start seen in the grace', { end: 400 }, 460, null, 400, null],
    ['cancelled before T', { cancel: 100 }, 100, null, 100, null],
    ['cancelled before its start', { cancel: 100, start: 200 }, 200, null, 100, null],
    ['cancelled after its start', { start: 100, cancel: 200 }, 200, false, 100, 100],
    ['started late and cancelled then', { start: 400, cancel: 500 }, 500, true, 300, 400],
    ['cancelled exactly at T, seen after the grace', { cancel: 300 }, 360, true, 300, null],
    ['never started, seen at the end of the grace', {}, 360, true, 300, null],
    ['never started, seen a day later', {}, 90_000, true, 300, null],
  ])('of a job %s', (_, seen, now, longWait, labelAt, waitSeconds) => {
    expect(label(seen, now)).toEqual({ longWait, labelAt: at(labelAt), waitSeconds });
  });

  it.each<[string, Seen, number]>([
    ['just submitted', {}, 0],
    ['at T', {}, 300],
    ['within the grace', {}, 359],
    ['cancelled at T, within the grace', { cancel: 300 }, 310],
    ['ended after T without a start, within the grace', { end: 400 }, 459],
  ])('is open for a job %s', (_, seen, now) => {
    expect(label(seen, now)).toBeNull();
  });

  it('ignores times that are none', () => {
    expect(labelOf({ submitted_at: at(0), started_at: 'soon' }, T, new Date(SUBMIT))).toBeNull();
  });

  it('once known does not change as time goes on, and is never later than submit + T unless censored', () => {
    const second = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined });
    fc.assert(
      fc.property(second, second, second, fc.nat(2000), fc.nat(2000), (start, end, cancel, now, later) => {
        const seen = {
          ...(start !== undefined && { start }),
          ...(end !== undefined && { end }),
          ...(cancel !== undefined && { cancel }),
        };
        const first = label(seen, now);
        if (first === null) return;
        expect(label(seen, now + later)).toEqual(first);
        if (first.longWait !== null) expect(Date.parse(first.labelAt)).toBeLessThanOrEqual(SUBMIT + T * 1000);
      }),
    );
  });

  it('contradicts what is stored only where it says otherwise', () => {
    expect(contradicts(true, label({ start: 301 }, 301))).toBe(false);
    expect(contradicts(true, label({ start: 200 }, 400))).toBe(true);
    expect(contradicts(null, label({ start: 50 }, 400))).toBe(true);
    expect(contradicts(null, null)).toBe(false);
  });
});
