import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Forecaster } from '../../../infra/replay/forecast/forecaster.ts';
import { replayFile } from '../../../infra/replay/replay-file.ts';
import { ruleSet } from '../../../infra/replay/rules.ts';
import type { ReplayedDecision } from '../../../infra/replay/stream.ts';
import type { Tally } from '../../../infra/replay/tally.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/replay');
const present = existsSync(join(FOLDER, 'reference.csv.gz'));
const why = present ? '' : ' (skipped: there is no ../shared/data/replay beside this repository)';

/** The lottery of the reference: of the job id alone. */
const draw = (text: string): number =>
  Number.parseInt(createHash('sha256').update(text).digest('hex').slice(0, 8), 16) / 2 ** 32;
const lottery = {
  holdOut: ({ jobId }: { jobId: string }) => draw(jobId),
  ring: ({ jobId }: { jobId: string }) => draw(`t${jobId}`),
};

/** stream, job_id, q, tier_called, tier, held, tokens_1 to tokens_4 */
const reference = new Map<string, string[][]>();
if (present) {
  const lines = gunzipSync(readFileSync(join(FOLDER, 'reference.csv.gz')))
    .toString()
    .trim()
    .split('\n');
  for (const line of lines.slice(1)) {
    const cells = line.split(',');
    const stream = cells[0] ?? '';
    const rows = reference.get(stream) ?? [];
    rows.push(cells);
    reference.set(stream, rows);
  }
}

/** Serves what the reference decided from. */
function given(q: () => number): Forecaster {
  const serve: Forecaster['serve'] = ({ predictedWaitSeconds }, into) =>
    void Object.assign(into, { q: q(), waitSeconds: predictedWaitSeconds, by: 'file' });
  return { serve, decided: () => {}, label: () => {}, recalibration: null, aged: 0 };
}

interface Agreement {
  readonly calling: number;
  readonly decided: number;
  readonly tokens: number;
  readonly tally: Tally;
  readonly violations: number;
}

/** Decides a stream from the q of the reference, with its lottery, and counts on how many calling jobs both agree. */
async function agreement(stream: string): Promise<Agreement> {
  const rows = reference.get(stream) ?? [];
  let [at, calling, decided, tokens] = [0, 0, 0, 0];
  const add = (_: string, { row, state, called, chosen }: ReplayedDecision): void => {
    const [, jobId, , theirCall, theirTier, theirHeld, ...theirTokens] = rows[at++] ?? [];
    expect(jobId).toBe(row.jobId());
    if (called === 0 && theirCall === '0') return;
    calling += 1;
    const same = [called, chosen.tier, chosen.heldOut ? 1 : 0].join() === [theirCall, theirTier, theirHeld].join();
    if (same) decided += 1;
    if (state.tiers.every((tier, i) => Math.abs(tier.tokens / 10_000 - Number(theirTokens[i])) < 1e-6)) tokens += 1;
  };
  const { streams, failure } = await replayFile(join(FOLDER, `${stream}.csv.gz`), stream, {
    rules: ruleSet('core', { lottery, forecasterFor: () => given(() => Number(rows[at]?.[2])) }),
    forecast: 'file',
    // The synthetic stream has a q and no p.
    mapping: new Map(stream === 'S' ? [['p_long_wait', 'q'] as const] : []),
    longWaitSeconds: 300,
    onRead: () => {},
    beside: false,
    decisions: { mark: () => 0, backTo: () => {}, add },
  });
  const [only] = streams;
  if (only === undefined) throw new Error('no stream');
  expect({ failure, at }).toEqual({ failure: null, at: rows.length });
  const { tally, promises } = only.cluster.stream;
  return { calling, decided, tokens, tally, violations: promises.reduce((sum, one) => sum + one.violations, 0) };
}

/** CALIBRATION.md section 9, what the specification decides from the five experts' q. */
const TABLE: readonly (readonly [string, number, number, number, string, number, number])[] = [
  ['A', 59, 61, 0, '.42 (33) / .33 (3) / - / -', 9.9, 1.2],
  ['B', 106, 67, 0, '.28 (71) / - / - / -', 10.6, 2.5],
  ['C', 1631, 30, 15, '.67 (201) / .91 (218) / .77 (64) / -', 16.2, 5.4],
  ['D', 505, 12, 0, '.57 (56) / .33 (3) / - / -', 3.1, 0.7],
  ['E', 163, 0, 0, '- / - / - / -', 0, 0],
  ['F', 3206, 46, 41, '.52 (438) / .74 (413) / .89 (638) / -', 27.2, 10.6],
];

const percent = (part: number, whole: number, digits: number): number => Number(((100 * part) / whole).toFixed(digits));
const byTier = ({ tiers }: Tally): string =>
  tiers
    .map(({ right, acted }) => (acted === 0 ? '-' : `${(right / acted).toFixed(2).replace(/^0/, '')} (${acted})`))
    .join(' / ');

/** stream, job_id, b, q, and both with p */
function forecasts(stream: string): string[][] {
  const lines = gunzipSync(readFileSync(join(FOLDER, 'forecast.csv.gz')))
    .toString()
    .trim()
    .split('\n');
  return lines.map((line) => line.split(',')).filter(([name]) => name === stream);
}

describe.skipIf(!present)(`the back-test beside the specification${why}`, () => {
  it.each(['A', 'B', 'C', 'D', 'E', 'F'])(
    'serves by the built-in forecast on %s what the specification does',
    async (stream) => {
      const expected = forecasts(stream);
      let [at, agreed] = [0, 0];
      const add = (_: string, { row, q }: ReplayedDecision): void => {
        const [, jobId, , theirs] = expected[at++] ?? [];
        expect(row.jobId()).toBe(jobId);
        if (Math.abs(q - Number(theirs)) <= 1e-4) agreed += 1;
      };
      await replayFile(join(FOLDER, `${stream}.csv.gz`), stream, {
        ...{ rules: ruleSet('core'), forecast: 'builtin', mapping: new Map(), longWaitSeconds: 300, onRead: () => {} },
        ...{ beside: false, decisions: { mark: () => 0, backTo: () => {}, add } },
      });
      expect([at, agreed]).toEqual([expected.length, expected.length]);
    },
  );

  it.each(TABLE)(
    'decides %s as the reference does, job for job, and comes to its figures',
    async (stream, calls, acted, heldOut, right, reached, chance) => {
      const { calling, decided, tokens, tally, violations } = await agreement(stream);
      expect(decided / calling).toBeGreaterThanOrEqual(0.999);
      expect(tokens / calling).toBeGreaterThanOrEqual(0.999);
      expect(violations).toBe(0);
      expect([tally.calls, tally.heldOut, byTier(tally)]).toEqual([calls, heldOut, right]);
      expect(percent(tally.acted, tally.calls, 0)).toBe(acted);
      expect(percent(tally.reached, tally.longWaits, 1)).toBe(reached);
      expect(percent(tally.acted, tally.jobs, 1)).toBe(chance);
    },
  );

  it('decides the synthetic stream of bursts and a bad spell as the reference does', async () => {
    const { calling, decided, tokens, violations } = await agreement('S');
    expect(calling).toBeGreaterThan(2000);
    expect([decided / calling, tokens / calling].map((share) => share >= 0.999)).toEqual([true, true]);
    expect(violations).toBe(0);
  });
});
