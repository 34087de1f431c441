import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { initialState } from '../../../../functions/domain/calibration/state.ts';
import { replay } from './replay.ts';

const FOLDER = join(import.meta.dirname, '../../../../../shared/data/replay');
const present = existsSync(join(FOLDER, 'prototype.json'));

const Record = z.object({
  ts: z.number(),
  p: z.number(),
  q: z.number(),
  m: z.number(),
  lo: z.number(),
  hi: z.number(),
  up: z.number(),
});
const Prototype = z.record(
  z.string(),
  z.object({ jobs: z.number(), harmful: z.number(), decisions: z.string(), first_records: z.array(Record) }),
);

const title = present
  ? 'real streams against the prototype'
  : 'real streams against the prototype (skipped: there is no ../shared/data/replay beside this repository)';

describe.skipIf(!present)(title, () => {
  const prototype = present ? Prototype.parse(JSON.parse(readFileSync(join(FOLDER, 'prototype.json'), 'utf8'))) : {};

  it.each(['A', 'B', 'C', 'D', 'E', 'F'])('decides every job of stream %s as the prototype did', (stream) => {
    const expected = prototype[stream];
    if (expected === undefined) throw new Error(`prototype.json has no stream ${stream}`);
    const actual = replay(join(FOLDER, `${stream}.csv.gz`));

    const differing = [...expected.decisions].filter((letter, i) => letter !== actual.decisions[i]).length;
    expect({ jobs: actual.decisions.length, differing }).toEqual({ jobs: expected.jobs, differing: 0 });
    expect(actual.harmful).toBe(expected.harmful);

    // The prototype shows the bounds of trackers that have not moved yet; section 5 moves them with every wait.
    const unmoved = initialState();
    expected.first_records.forEach((record, i) => {
      const { at, p, q, predicted } = actual.served[i] ?? { at: 0, p: 0, q: 0, predicted: 0 };
      expect({ at, p }).toEqual({ at: record.ts, p: record.p });
      expect(Math.abs(q - record.q)).toBeLessThan(1e-6);
      expect(Math.abs(Math.log1p(predicted) - record.m)).toBeLessThan(1e-6);
      const bounds = serve(unmoved, { p, waitSeconds: predicted });
      expect(Math.abs(bounds.lowerSeconds - record.lo)).toBeLessThan(1e-6);
      expect(Math.abs(bounds.upperSeconds - record.hi)).toBeLessThan(1e-6);
      expect(Math.abs(bounds.upper90Seconds - record.up)).toBeLessThan(1e-6);
    });
  });
});
