import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noFaults } from '../../../../infra/replay/import/faults.ts';
import { readHistory } from '../../../../infra/replay/import/history.ts';
import { folder } from '../run.ts';
import { csv, jobs } from '../synthetic.ts';

const files = folder();

describe('progress', () => {
  it.each([true, false])(
    'tells every byte of a file once, and some of them late where it is sorted (%s)',
    async (sorted) => {
      const file = files.put(`${sorted}.csv`, csv(jobs(20_000)));
      const size = statSync(file).size;
      let [told, rows, atHalf] = [0, 0, 0];
      const onRead = (bytes: number): void => {
        told += bytes;
      };
      const options = { mapping: new Map(), longWaitSeconds: 300, sorted, onRead };
      await readHistory(file, options, noFaults(), () => {
        rows += 1;
        if (rows === 10_000) atHalf = told;
      });
      expect({ rows, told }).toEqual({ rows: 20_000, told: size });
      expect(atHalf).toBeLessThan(size);
    },
  );
});
