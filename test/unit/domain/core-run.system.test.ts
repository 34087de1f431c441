import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { CoreRun } from './core-run.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/replay');
const present = existsSync(join(FOLDER, 'reference.csv.gz'));
const title = present
  ? 'the core decisions of the tests'
  : 'the core decisions of the tests (skipped: there is no ../shared/data/replay beside this repository)';

function table(name: string): Record<string, string>[] {
  const [head = '', ...lines] = gunzipSync(readFileSync(join(FOLDER, `${name}.csv.gz`)))
    .toString('utf8')
    .trim()
    .split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i] ?? '', value])));
}

/** The lottery of the reference. */
function lottery(text: string): number {
  return Number.parseInt(createHash('sha256').update(text).digest('hex').slice(0, 8), 16) / 2 ** 32;
}

describe.skipIf(!present)(title, () => {
  const reference = present ? Map.groupBy(table('reference'), ({ stream }) => stream) : new Map();

  it.each(['A', 'B', 'C', 'D', 'E', 'F', 'S'])('are those of the reference on every job of stream %s', (stream) => {
    const run = new CoreRun();
    const decisions = reference.get(stream) ?? [];
    const rows = table(stream).sort((a, b) => Number(a.submitted_at) - Number(b.submitted_at));
    const differing: string[] = [];
    for (const [i, row] of rows.entries()) {
      const { job_id: job = '' } = row;
      const expected = decisions[i] ?? {};
      run.settleUntil(Number(row.submitted_at));
      const tokens = run.state.tiers.map((tier) => (tier.tokens / TOKEN).toFixed(4));
      const { called, tier, heldOut } = run.submit({
        submittedAt: Number(row.submitted_at),
        labelAt: Number(row.label_at),
        q: Number(expected.q),
        longWait: () => row.long_wait === '1',
        holdOutDraw: () => lottery(job),
        ringDraw: () => lottery(`t${job}`),
      });
      const ours = [job, called, tier, heldOut ? 1 : 0, ...tokens].join();
      const { job_id, tier_called, tier: done, held, tokens_1, tokens_2, tokens_3, tokens_4 } = expected;
      const theirs = [job_id, tier_called, done, held, tokens_1, tokens_2, tokens_3, tokens_4].join();
      if (ours !== theirs) differing.push(`${ours} instead of ${theirs}`);
    }
    expect(decisions.length).toBe(rows.length);
    expect(differing.slice(0, 3)).toEqual([]);
    expect(run.promises.least).toBeGreaterThanOrEqual(0);
  });
});
