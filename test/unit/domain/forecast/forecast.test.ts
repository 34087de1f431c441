import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadableState } from '../../../../functions/domain/calibration/octets.ts';
import { choice, compare, gainOf } from '../../../../functions/domain/forecast/choice.ts';
import {
  deserialiseForecast,
  deserialiseShape,
  packed,
  serialiseForecast,
  serialiseQueue,
  serialiseShape,
  unpacked,
} from '../../../../functions/domain/forecast/codec.ts';
import { countEnded, countSubmitted, emptyForecast, forecast } from '../../../../functions/domain/forecast/forecast.ts';
import { INPUTS } from '../../../../functions/domain/forecast/inputs.ts';
import { FORECAST } from '../../../../functions/domain/forecast/numbers.ts';
import { emptyQueue, left, started, submitted } from '../../../../functions/domain/forecast/queue.ts';
import { countSubmission, rate, submissionsUntil } from '../../../../functions/domain/forecast/rate.ts';
import { coldForecast } from '../../../../functions/domain/forecast/state.ts';
import {
  addToQueue,
  addToShape,
  emptyTables,
  evict,
  isOverfull,
  queueRow,
  shapeRow,
} from '../../../../functions/domain/forecast/tables.ts';
import { seeded } from '../seeded.ts';
import { type PlayedJob, play } from './play.ts';

const NOON = 1_772_366_400;
const GPU = { gpus: 1, procs: 8, queue: 'gpu' };

function jobs(count: number, of: (i: number) => Partial<PlayedJob> = () => ({})): PlayedJob[] {
  return Array.from({ length: count }, (_, i) => {
    const { at = NOON + 60 * i, waitSeconds = 10, ...rest } = of(i);
    const longWait = waitSeconds > 300;
    const labelAt = at + Math.min(waitSeconds, 300);
    return { id: `${i}`, p: null, ...GPU, runSeconds: 600, ...rest, at, waitSeconds, longWait, labelAt };
  });
}

function played(list: readonly PlayedJob[]) {
  const standing = { state: coldForecast(), tables: emptyTables() };
  const said = [...play(standing, list)].map(({ said: { q, qWithoutVgac, qWithVgac, withVgac, inputs } }) => ({
    ...{ q, qWithoutVgac, qWithVgac, withVgac },
    inputs: Array.from(inputs),
  }));
  return { ...standing, said };
}

const inputOf = (inputs: ArrayLike<number>, name: (typeof INPUTS)[number]) => inputs[INPUTS.indexOf(name)];

describe('inputs of a job', () => {
  it('are zero, or what stands for the unknown, on a cluster that nothing is known about', () => {
    const { inputs } = forecast(coldForecast(), emptyTables(), { gpus: 0, procs: 0, queue: '' }, { at: NOON, p: null });
    const expected = new Array(INPUTS.length).fill(0);
    expected[INPUTS.indexOf('share of long waits of the last labels')] = 0.1;
    expected[INPUTS.indexOf('share of long waits of the same shape')] = 0.1;
    expected[INPUTS.indexOf('hour, cosine')] = -1;
    expected[INPUTS.indexOf('time since the last submission')] = 10;
    expected[INPUTS.indexOf('p of VGAC')] = Number.NaN;
    expect(Array.from(inputs)).toEqual(expected.map((value) => (Number.isNaN(value) ? value : near(value))));
  });

  it('are taken before the job itself is counted, also among jobs of the same second', () => {
    const { said } = played(jobs(5, () => ({ at: NOON, waitSeconds: 1_000 })));
    expect(said.map(({ inputs }) => Math.expm1(inputOf(inputs, 'jobs pending') ?? 0))).toEqual(
      [0, 1, 2, 3, 4].map(near),
    );
    expect(said.map(({ inputs }) => Math.expm1(inputOf(inputs, 'GPUs pending') ?? 0))).toEqual(
      [0, 1, 2, 3, 4].map(near),
    );
  });

  it('count what happens in the second of a submission before it', () => {
    const { said } = played([...jobs(1, () => ({ waitSeconds: 60 })), ...jobs(1, () => ({ at: NOON + 60 }))]);
    expect(inputOf(said[1]?.inputs ?? [], 'jobs running')).toBeCloseTo(Math.log(2), 12);
    expect(inputOf(said[1]?.inputs ?? [], 'jobs pending')).toBe(0);
  });

  it('tell shapes apart that differ by a part of a processor', () => {
    const { said } = played(jobs(3, (i) => ({ at: NOON + i, waitSeconds: 1_000, procs: i === 0 ? 0.5 : 1 })));
    expect(said.map(({ inputs }) => inputOf(inputs, 'pending jobs of the same shape'))).toEqual([0, 0, Math.log(2)]);
  });
});

function near(value: number): unknown {
  return expect.closeTo(value, 9);
}

describe('submissions of the last minute', () => {
  it('are those of its first and last second too', () => {
    const counted = rate();
    for (const at of [NOON, NOON, NOON + 1, NOON + 60]) countSubmission(counted, at);
    expect(submissionsUntil(counted, NOON + 60)).toBe(4);
    expect(submissionsUntil(counted, NOON + 61)).toBe(2);
    expect(submissionsUntil(counted, NOON + 120)).toBe(1);
    expect(submissionsUntil(counted, NOON + 121)).toBe(0);
  });

  it('are as many as were submitted, in any order of arrival within it', () => {
    const offsets = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 80 });
    fc.assert(
      fc.property(offsets, fc.integer({ min: 0, max: 60 }), (list, late) => {
        const counted = rate();
        const sorted = [...list].sort((a, b) => a - b);
        for (const offset of sorted) countSubmission(counted, NOON + offset);
        const newest = sorted.at(-1) ?? 0;
        countSubmission(counted, NOON + newest - late);
        const now = newest + 3;
        const expected = [...sorted, newest - late].filter((offset) => offset >= now - 60).length;
        expect(submissionsUntil(counted, NOON + now)).toBe(expected);
      }),
    );
  });
});

describe('a run time that nobody reports', () => {
  it('is the running mean of those that were, from an hour', () => {
    const { state } = played(
      jobs(4, (i) => ({ at: NOON + 10_000 * i, waitSeconds: 0, runSeconds: i === 0 ? 100 : null })),
    );
    expect(state.queue.runSeconds).toBe(3600 + 0.05 * (100 - 3600));
    expect(state.queue.running).toBe(0);
    const queue = emptyQueue();
    countEnded(queue, null);
    expect(queue.runSeconds).toBe(FORECAST.run.firstSeconds);
  });
});

describe('tables', () => {
  it('hold 200 shapes and 100 queues, and let go of the one added to longest ago', () => {
    const { tables: counts } = emptyQueue();
    const tables = emptyTables();
    for (let i = 0; i < 200; i++) addToShape(counts, tables, `shape ${i}`, 'waits', i);
    for (let i = 0; i < 100; i++) addToQueue(counts, tables, `queue ${i}`, i);
    addToShape(counts, tables, 'shape 0', 'longs', 1);
    expect(isOverfull(counts)).toBe(false);
    addToShape(counts, tables, 'one more', 'longs', 1);
    addToQueue(counts, tables, 'one more', 1);
    expect(isOverfull(counts)).toBe(true);
    evict(counts, tables);
    expect(isOverfull(counts)).toBe(false);
    expect([tables.shapes.has('shape 0'), tables.shapes.has('shape 1'), tables.shapes.has('shape 2')]).toEqual([
      true,
      false,
      true,
    ]);
    expect([tables.queues.has('queue 0'), tables.queues.has('queue 1')]).toEqual([false, true]);
  });

  it('let go of the same rows one by one as all at once, whatever else is pending', () => {
    const one = { counts: emptyQueue().tables, tables: emptyTables() };
    const all = { counts: emptyQueue().tables, tables: emptyTables() };
    for (let i = 0; i < 2000; i++) {
      const key = `shape ${(i * i) % 977}`;
      for (const { counts, tables } of [one, all]) {
        addToShape(counts, tables, key, 'waits', i);
        addToQueue(counts, tables, key, i);
      }
      evict(one.counts, one.tables);
      if (i % 50 === 49) evict(all.counts, { ...all.tables, leaving: { shapes: [], queues: [] } });
    }
    expect([...one.tables.shapes.keys()].sort()).toEqual([...all.tables.shapes.keys()].sort());
    expect([...one.tables.queues.keys()].sort()).toEqual([...all.tables.queues.keys()].sort());
    expect([one.counts.shapes, one.counts.queues]).toEqual([200, 100]);
  });

  it('are looked at once in many evictions, however many jobs of other shapes are pending', () => {
    const { tables: counts } = emptyQueue();
    const tables = emptyTables();
    let looks = 0;
    const each = tables.shapes[Symbol.iterator].bind(tables.shapes);
    tables.shapes[Symbol.iterator] = () => {
      looks += 1;
      return each();
    };
    for (let i = 0; i < 2000; i++) {
      addToShape(counts, tables, `shape ${i}`, 'waits', i);
      evict(counts, tables);
    }
    expect(looks).toBeLessThanOrEqual(10);
  });

  it('go on counting the pending jobs of a shape whose history has left', () => {
    const queue = emptyQueue();
    const tables = emptyTables();
    submitted(queue, tables, GPU, NOON);
    submitted(queue, tables, GPU, NOON);
    started(queue, tables, GPU, 5);
    for (let i = 0; i < 200; i++) addToShape(queue.tables, tables, `other ${i}`, 'waits', i);
    evict(queue.tables, tables);
    expect(tables.shapes.get('1 8')).toMatchObject({ pending: 1, added: 0, waits: { size: 0 } });
    left(queue, tables, GPU);
    expect(tables.shapes.has('1 8')).toBe(false);
    expect(queue.pending).toBe(0);
  });
});

describe('p of VGAC', () => {
  /** Three in ten wait long, which nothing foretells but VGAC, as far as it is right. */
  const foretold = (count: number, right: (i: number) => boolean): PlayedJob[] => {
    const random = seeded(5);
    return jobs(count, (i) => {
      const long = random() < 0.3;
      return { waitSeconds: long ? 900 : 5, p: long === right(i) ? 0.9 : 0.1 };
    });
  };

  it('is let in where it tells what the queue does not, after 200 labels', () => {
    const { said } = played(foretold(800, () => true));
    const first = said.findIndex(({ withVgac }) => withVgac);
    expect(first).toBeGreaterThanOrEqual(200);
    expect(first).toBeLessThan(300);
    expect(said.slice(first).every(({ withVgac }) => withVgac)).toBe(true);
  });

  it('leaves when it has become worse', () => {
    // Right and wrong by turns, faster than any model can follow.
    const { said } = played(foretold(1_600, (i) => i < 600 || i % 100 < 50));
    expect(said[599]?.withVgac).toBe(true);
    expect(said.at(-1)?.withVgac).toBe(false);
  });

  it('stays out where it is noise', () => {
    const random = seeded(7);
    const list = jobs(3_000, (i) => ({ waitSeconds: i % 40 < 10 ? 900 : 5, p: random() }));
    expect(played(list).said.filter(({ withVgac }) => withVgac).length).toBeLessThan(150);
  });

  it('is no probability where it is no number: the queue alone serves', () => {
    const { state, tables } = played(foretold(400, () => true));
    expect(state.choice.withVgac).toBe(true);
    const said = forecast(state, tables, GPU, { at: NOON + 90_000, p: Number.NaN });
    expect(said).toMatchObject({ withVgac: false, q: said.qWithoutVgac });
    expect(said.q > 0 && said.q < 1).toBe(true);
  });

  it('is not missed where it is missing: the queue alone serves', () => {
    const list = foretold(600, () => true).map((job, i) => (i % 5 === 0 ? { ...job, p: null } : job));
    for (const [i, { q, qWithoutVgac, qWithVgac, withVgac }] of played(list).said.entries()) {
      expect(Number.isNaN(qWithVgac)).toBe(i % 5 === 0);
      expect(q).toBe(withVgac ? qWithVgac : qWithoutVgac);
      if (i % 5 === 0) expect(withVgac).toBe(false);
    }
  });

  it('is not let in by one burst, which is one fact', () => {
    const compared = choice();
    for (let i = 0; i < 1000; i++) compare(compared, { withoutVgac: 0.5, withVgac: 0.9, y: 1, submittedAt: NOON }, 300);
    expect(gainOf(compared, 300)).toBeNull();
    expect(compared.withVgac).toBe(false);
  });

  it('is judged by the newest thousand labels', () => {
    const compared = choice();
    const teach = (withVgac: number, from: number): void => {
      for (let i = from; i < from + 1000; i++)
        compare(compared, { withoutVgac: 0.5, withVgac, y: 1, submittedAt: NOON + 60 * i }, 300);
    };
    teach(0.9, 0);
    expect(gainOf(compared, 300)).toEqual({
      labels: 1000,
      mean: expect.closeTo(Math.log(0.9 / 0.5), 3),
      lower: expect.closeTo(Math.log(0.9 / 0.5), 3),
    });
    teach(0.4, 1000);
    expect(gainOf(compared, 300)?.mean).toBeCloseTo(Math.log(0.4 / 0.5), 3);
    expect(compared.withVgac).toBe(false);
  });
});

describe('what it says', () => {
  it('is a probability, and its state stays finite, whatever a queue does', () => {
    const job = fc.record({
      at: fc.integer({ min: NOON, max: NOON + 100_000 }),
      waitSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000_000 })),
      gpus: fc.constantFrom(0, 0.5, 1, 8, 1e6),
      procs: fc.constantFrom(0, 0.25, 1, 1e7),
      queue: fc.constantFrom('', 'a', 'b'),
      runSeconds: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 1e7 })),
      p: fc.constantFrom(null, 0, 1, 0.5, 0.999999),
    });
    fc.assert(
      fc.property(fc.array(job, { maxLength: 120 }), (list) => {
        const sorted = [...list].sort((a, b) => a.at - b.at);
        const { said, state } = played(jobs(sorted.length, (i) => sorted[i] ?? {}));
        for (const { q } of said) expect(q > 0 && q < 1).toBe(true);
        expect(() => deserialiseForecast(serialiseForecast(state))).not.toThrow();
      }),
      { numRuns: 60 },
    );
  });

  it('is not changed by asking', () => {
    const { state, tables } = played(jobs(30, (i) => ({ waitSeconds: 40 * i, p: 0.3 })));
    const before = serialiseForecast(state);
    const said = forecast(state, tables, GPU, { at: NOON + 9_000, p: 0.7 }, emptyForecast());
    expect(serialiseForecast(state)).toEqual(before);
    countSubmitted(state, tables, GPU, { at: NOON + 9_000, inputs: said.inputs });
    expect(serialiseForecast(state)).not.toEqual(before);
  });
});

describe('the stored state', () => {
  const full = (): ReturnType<typeof played> =>
    played(jobs(3_000, (i) => ({ at: NOON + 37 * i, waitSeconds: (i * i) % 977, p: (i % 89) / 89, gpus: i % 9 })));

  it('is at most 4 KB, with its rows of at most 100 bytes', () => {
    const { state, tables } = full();
    expect(serialiseForecast(state).length).toBeLessThanOrEqual(3_600);
    for (const row of tables.shapes.values()) expect(serialiseShape(row).length).toBeLessThanOrEqual(100);
    for (const row of tables.queues.values()) expect(serialiseQueue(row).length).toBeLessThanOrEqual(100);
  });

  it('comes back as it was', () => {
    const bytes = serialiseForecast(full().state);
    expect(serialiseForecast(deserialiseForecast(bytes))).toEqual(bytes);
    const inputs = Float64Array.from([0.1, Number.NaN, -3]);
    expect(unpacked(packed(inputs), new Float64Array(3))).toEqual(inputs);
  });

  it('is refused when it is cut, too long, of another format or not of numbers', () => {
    const bytes = serialiseForecast(full().state);
    for (const broken of [bytes.slice(0, -1), Uint8Array.of(...bytes, 0), Uint8Array.of(9, ...bytes.slice(1))]) {
      expect(() => deserialiseForecast(broken)).toThrow(UnreadableState);
    }
    const { learned, ...rest } = coldForecast();
    learned.queueOnly.platt.a = Number.NaN;
    expect(() => deserialiseForecast(serialiseForecast({ ...rest, learned }))).toThrow(UnreadableState);
    expect(() => deserialiseShape(serialiseQueue(queueRow()))).toThrow(UnreadableState);
    expect(deserialiseShape(serialiseShape(shapeRow()))).toEqual(shapeRow());
  });
});
