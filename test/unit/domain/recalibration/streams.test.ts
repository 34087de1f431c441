import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalEce, type Pair } from '../../../../functions/domain/calibration/ece.ts';
import { logLoss } from '../../../../functions/domain/recalibration/difference.ts';
import { rowsOf, run, STREAMS } from './stream.ts';

const present = existsSync(join(STREAMS, 'D.csv.gz'));
const title = present
  ? 'recalibration on real streams'
  : 'recalibration on real streams (skipped: there is no ../shared/data/replay beside this repository)';

const shown = (pairs: readonly Pair[]) =>
  `ECE ${canonicalEce(pairs)?.toFixed(4)}, log loss ${logLoss(pairs).toFixed(4)}`;

describe.skipIf(!present)(title, () => {
  it('improves served ECE and log loss of D, all of it and after the switch at job 2914', () => {
    const rows = rowsOf('D');
    const [without, with_] = [run(rows, 'off'), run(rows, 'when due')];
    for (const from of [0, 2914]) {
      const [before, after] = [without.served.slice(from), with_.served.slice(from)];
      console.info(`D from job ${from}: ${shown(before)} -> ${shown(after)} (${with_.promotions} promoted)`);
      expect(canonicalEce(after)).toBeLessThan((canonicalEce(before) ?? 0) * 0.8);
      expect(logLoss(after)).toBeLessThan(logLoss(before));
    }
    expect(with_.promotions).toBeGreaterThan(0);
  });

  it('promotes nothing on A, even when it is asked to every 200 labels', () => {
    const asked = run(rowsOf('A'), 'every 200 labels');
    console.info(`A: ${asked.promotions} of ${asked.tries} candidates promoted; ${shown(asked.served)}`);
    expect(asked).toMatchObject({ promotions: 0, tries: 14 });
    expect(run(rowsOf('A'), 'when due')).toMatchObject({ promotions: 0, rollBacks: 0 });
  });

  it.each(['B', 'C', 'E', 'F'])('does not make served ECE and log loss of %s worse', (stream) => {
    const rows = rowsOf(stream);
    const [without, with_] = [run(rows, 'off'), run(rows, 'when due')];
    const { promotions, rollBacks, tries } = with_;
    console.info(
      `${stream}: ${shown(without.served)} -> ${shown(with_.served)} (${tries} tries, ${promotions} promoted, ${rollBacks} rolled back)`,
    );
    expect(canonicalEce(with_.served)).toBeLessThanOrEqual(canonicalEce(without.served) ?? 0);
    expect(logLoss(with_.served)).toBeLessThanOrEqual(logLoss(without.served));
  });
});
