import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../../functions/domain/calibration/bins.ts';
import { canonicalEce } from '../../../../functions/domain/calibration/ece.ts';
import { logLoss } from '../../../../functions/domain/recalibration/difference.ts';
import { rowsOf, run, STREAMS } from './stream.ts';

const present = existsSync(join(STREAMS, 'D.csv.gz'));
const title = present
  ? 'recalibration on real streams'
  : 'recalibration on real streams (skipped: there is no ../shared/data/replay beside this repository)';

const eceOf = (pairs: readonly Pair[]) => canonicalEce(pairs) ?? Number.NaN;
const shown = (pairs: readonly Pair[]) => `ECE ${eceOf(pairs).toFixed(4)}, log loss ${logLoss(pairs).toFixed(4)}`;

describe.skipIf(!present)(title, () => {
  it('improves served ECE of D, and after the switch at job 2914 most, whenever the machine comes by', () => {
    const rows = rowsOf('D');
    const without = run(rows, 'off');
    const runs = [0, 20, 40, 60, 80].map((offset) => run(rows, 'when due', offset));
    const mean = (of: (served: readonly Pair[]) => number, from: number) =>
      runs.reduce((sum, { served }) => sum + of(served.slice(from)) / runs.length, 0);
    for (const from of [0, 2914]) {
      const before = without.served.slice(from);
      const after = [mean(eceOf, from), mean(logLoss, from)].map((value) => value.toFixed(4));
      console.info(`D from job ${from}: ${shown(before)} -> ECE ${after[0]}, log loss ${after[1]} (mean of five runs)`);
      expect(mean(eceOf, from)).toBeLessThan(eceOf(before) * 0.88);
      expect(mean(logLoss, from)).toBeLessThan(logLoss(before));
      for (const { served, promotions } of runs) {
        expect(eceOf(served.slice(from))).toBeLessThan(eceOf(before));
        expect(promotions).toBeGreaterThan(0);
      }
    }
  });

  it('promotes nothing on A, even when it is asked to every 100 labels', () => {
    const asked = run(rowsOf('A'), 'every 100 labels');
    console.info(`A: ${asked.promotions} of ${asked.tries} candidates promoted; ${shown(asked.served)}`);
    expect(asked).toMatchObject({ promotions: 0, tries: 29 });
    expect(run(rowsOf('A'), 'when due')).toMatchObject({ promotions: 0, rollBacks: 0 });
  });

  // One visit more or less moves the ECE of a drifting stream by hundredths, so several schedules are asked.
  it.each(['B', 'C', 'E', 'F'])('does not make served ECE and log loss of %s worse, whenever it comes by', (stream) => {
    const rows = rowsOf(stream);
    const without = run(rows, 'off');
    const runs = [undefined, 0, 40, 80].map((offset) => run(rows, 'when due', offset));
    const ece = runs.reduce((sum, { served }) => sum + eceOf(served) / runs.length, 0);
    const [often] = runs;
    console.info(
      `${stream}: ${shown(without.served)} -> mean ECE ${ece.toFixed(4)}, at every visit ${often?.promotions} maps`,
    );
    expect(ece).toBeLessThanOrEqual(eceOf(without.served) + 1e-12);
    for (const { served } of runs) expect(logLoss(served)).toBeLessThanOrEqual(logLoss(without.served));
  });
});
