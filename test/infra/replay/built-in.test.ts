import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORECAST } from '../../../functions/domain/forecast/numbers.ts';
import { BuiltIn } from '../../../infra/replay/forecast/built-in.ts';
import type { Said } from '../../../infra/replay/forecast/forecaster.ts';
import { HAPPENS, QueueEvents } from '../../../infra/replay/forecast/queue-events.ts';
import { Row } from '../../../infra/replay/import/row.ts';
import { NaiveRules } from '../../../infra/replay/naive.ts';
import { ruleSet } from '../../../infra/replay/rules.ts';
import { Stream } from '../../../infra/replay/stream.ts';

const T = 300;
const builtIn = (seesTouched = true, letsVgacIn = false) =>
  new BuiltIn({ letsVgacIn, seesTouched, longWaitSeconds: T, recalibration: null });

function rowOf(values: Partial<Row>): Row {
  const row = Object.assign(new Row(), { gpus: 1, procs: 4, queue: 'gpu' }, values);
  if (row.started && values.labelAt === undefined) {
    row.longWait = row.waitSeconds > T;
    row.labelAt = row.submittedAt + Math.min(row.waitSeconds, T);
  }
  return row;
}

/** What is said of each of these jobs; `touched` are those, by their place, that an intervention changes. */
function played(forecaster: BuiltIn, rows: readonly Row[], touched: ReadonlySet<number> = new Set()): Said[] {
  return rows.map((row, i) => {
    const said: Said = { q: Number.NaN, waitSeconds: Number.NaN, by: null };
    forecaster.serve(row, said);
    forecaster.decided(row, touched.has(i));
    return said;
  });
}

/** A queue that gets longer and shorter, so that there is something to learn. */
function busy(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const waitSeconds = i % 40 < 25 ? 20 + (i % 7) : 900 + 10 * (i % 9);
    return rowOf({ submittedAt: 1_700_000_000 + 90 * i, waitSeconds, gpus: i % 40 < 25 ? 1 : 8, runSeconds: 600 });
  });
}

describe('what happens in a queue', () => {
  it('comes by time, and at the same time in the order in which it was made known', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(12), fc.nat(2))), (moves) => {
        const events = new QueueEvents();
        const expected: { at: number; value: number }[] = [];
        moves.forEach(([at, removed], value) => {
          events.add(at, HAPPENS.start, value);
          expected.push({ at, value });
          expected.sort((a, b) => a.at - b.at || a.value - b.value);
          for (let i = 0; i < removed && expected.length > 0; i++) {
            expect([events.nextAt, events.nextValue]).toEqual([expected[0]?.at, expected[0]?.value]);
            events.remove();
            expected.shift();
          }
        });
        expect(events.nextAt).toBe(expected[0]?.at ?? Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('keeps its order beyond the room that it begins with', () => {
    const events = new QueueEvents();
    for (let i = 0; i < 1000; i++) events.add((i * 7919) % 1000, HAPPENS.end, (i * 7919) % 1000);
    const seen = Array.from({ length: 1000 }, () => {
      const value = events.nextValue;
      events.remove();
      return value;
    });
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });
});

describe('the built-in forecast in a back-test', () => {
  it('learns when the queue makes jobs wait', () => {
    const rows = busy(2000);
    const said = played(builtIn(), rows).slice(1000);
    const mean = (long: boolean): number => {
      const of = said.filter((_, i) => rows[1000 + i]?.longWait === long);
      return of.reduce((sum, { q }) => sum + q, 0) / of.length;
    };
    expect(mean(true)).toBeGreaterThan(0.9);
    expect(mean(false)).toBeLessThan(0.1);
  });

  it('takes nothing of p where it is not let in, and says whether it had a part where it is', () => {
    const rows = busy(800).map((row, i) => Object.assign(row, { p: i % 3 === 0 ? 0.9 : 0.1 }));
    const without = played(builtIn(), busy(800));
    expect(played(builtIn(), rows)).toEqual(without);
    const both = played(builtIn(true, true), rows);
    expect(both.map(({ by }) => by).filter((by) => by !== 'builtin' && by !== 'both')).toEqual([]);
    expect(both.filter(({ by }) => by === 'builtin').length).toBeGreaterThan(0);
  });

  it('counts a job that was cancelled as gone from then on, whether or not it had a label', () => {
    const leaving = Array.from({ length: 50 }, (_, i) =>
      rowOf({ submittedAt: 1_700_000_000 + i, leftAt: 1_700_000_100, labelAt: 1_700_000_100, censored: true }),
    );
    const late = leaving.map((row) =>
      Object.assign(rowOf({}), row, {
        leftAt: 1_700_000_900,
        labelAt: row.submittedAt + T,
        longWait: true,
        censored: false,
      }),
    );
    for (const gone of [leaving, late]) {
      const forecaster = builtIn();
      played(forecaster, gone);
      const next = { submittedAt: 1_700_001_000, waitSeconds: 5 };
      const empty = builtIn();
      played(empty, [rowOf({ ...next })]);
      expect(forecaster.pending).toBe(50);
      played(forecaster, [rowOf({ ...next })]);
      expect([forecaster.pending, forecaster.aged]).toEqual([1, 0]);
    }
  });

  it('takes a short wait of a file with labels alone as over at its label, and lets a long one age', () => {
    const [short, long] = [false, true].map((longWait) =>
      rowOf({ submittedAt: 0, longWait, labelAt: longWait ? T : 120, waitSeconds: Number.NaN }),
    );
    const forecaster = builtIn();
    played(
      forecaster,
      [short, long].flatMap((row) => row ?? []),
    );
    const at = (submittedAt: number): number => {
      played(forecaster, [rowOf({ submittedAt, waitSeconds: 0 })]);
      return forecaster.pending;
    };
    // The job that asks is one of them.
    expect([at(119), at(121)]).toEqual([3, 2]);
    expect([at(FORECAST.ageSeconds - 1), forecaster.aged]).toEqual([2, 0]);
    expect([at(FORECAST.ageSeconds), forecaster.aged]).toEqual([1, 1]);
  });

  it('learns nothing from the label of a touched job where nobody knows it, while its start still counts', () => {
    const rows = busy(600);
    const all = new Set(rows.keys());
    const blind = builtIn(false);
    const said = played(blind, rows, all);
    expect(new Set(said.map(({ q }) => q))).toEqual(new Set([0.5]));
    expect(blind.pending).toBeLessThan(20);
    expect(played(builtIn(true), rows, all)).toEqual(played(builtIn(true), rows));
  });
});

describe('the bounds on waits', () => {
  it('are judged by jobs that were left alone, where nobody knows how long the others would have waited', () => {
    const rows = busy(4000);
    const played = (rules: 'core' | 'all'): Stream => {
      const stream = new Stream('c1', ruleSet(rules), 'builtin');
      for (const row of rows) stream.decide(row);
      stream.finish();
      return stream;
    };
    for (const rules of ['core', 'all'] as const) {
      const { tally } = played(rules);
      expect(tally.tiers.slice(2).reduce((sum, { acted }) => sum + acted, 0)).toBeGreaterThan(50);
      expect(tally.upper90Held).toBeGreaterThan(0.88);
      expect(tally.upper90Held).toBeLessThan(0.93);
    }
  });
});

describe('the wait of a job that leaves without a start', () => {
  /** How far the one-sided bound has moved by the last of many jobs that wait long, which leaves after so many seconds. */
  const boundAfter = (leftSeconds: number): number => {
    const rows = busy(400).map((row) =>
      Object.assign(row, { waitSeconds: 2_000, longWait: true, labelAt: row.submittedAt + T }),
    );
    const submittedAt = 1_700_000_000 + 90 * 400;
    const last = rowOf({ submittedAt, leftAt: submittedAt + leftSeconds, longWait: true, labelAt: submittedAt + T });
    const stream = new Stream('c1', ruleSet('core'), 'builtin');
    for (const row of [...rows, last]) stream.decide(row);
    stream.finish();
    return stream.state.interval.up;
  };

  it('missed the bounds that had elapsed by then, and says nothing of the others', () => {
    expect(boundAfter(20 * 86_400)).toBeCloseTo(boundAfter(T + 1) + 0.05 * 0.9, 9);
    expect(boundAfter(T + 2)).toBe(boundAfter(T + 1));
  });
});

describe('a stream with jobs of which little is known', () => {
  it('counts them, gives back what they had reserved, and judges what it did by the others', () => {
    const stream = new Stream('c1', ruleSet('core'), 'builtin');
    const rows = busy(3000).map((row, i) => {
      if (i % 5 > 0) return row;
      const censored = { waitSeconds: Number.NaN, longWait: false, censored: true };
      const left = i % 10 === 0 ? row.submittedAt + 10 : Number.NaN;
      return Object.assign(row, censored, { leftAt: left, labelAt: left });
    });
    for (const row of rows) stream.decide(row);
    stream.finish();
    const { tally, purse, promises } = stream;
    const sum = (key: 'acted' | 'right' | 'unknown'): number => tally.tiers.reduce((total, one) => total + one[key], 0);
    expect([tally.jobs, tally.censored]).toEqual([3000, 600]);
    expect(tally.longWaits).toBe(rows.filter(({ longWait, censored }) => longWait && !censored).length);
    expect(sum('unknown')).toBeGreaterThan(0);
    expect(sum('right')).toBeLessThanOrEqual(sum('acted') - sum('unknown'));
    expect([...purse.reserved]).toEqual([0, 0, 0, 0]);
    expect(tally.served.n).toBe(2400);
    expect(promises.map(({ violations }) => violations)).toEqual([0, 0, 0, 0]);
  });
});

describe('the simpler rules', () => {
  it('are judged, like the gate, by the jobs of which it is known how long they waited', () => {
    const naive = new NaiveRules(ruleSet('core').tiers, 'q');
    for (const longWait of [true, false, null, null]) naive.decide(0.4, longWait);
    const [always] = naive.outcomes();
    expect(always).toMatchObject({ rule: 'act on every q', acted: 4, broken: [] });
    expect(always?.tiers[0]).toMatchObject({ acted: 4, right: 1, unknown: 2 });
  });
});
