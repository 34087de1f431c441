import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { count, type Figures, noFigures } from '../../../../functions/domain/figures.ts';
import { type ProgressSource, showProgress, statusLines, totalsParts } from '../../../../infra/cli/start/progress.ts';
import { joined, wrapped } from '../../../../infra/cli/start/status-line.ts';

function figures(): Figures {
  const some = noFigures();
  const usual = { alsoAsked: false, came: null, weight: 0, waitedLong: false };
  for (let i = 0; i < 600; i++) count(some, { ...usual, part: 'nothingNeeded', called: 0, tier: 0 });
  for (let i = 0; i < 120; i++) count(some, { ...usual, part: 'acted', called: 2, tier: 1 + (i % 3) });
  for (let i = 0; i < 20; i++) count(some, { ...usual, part: 'withheld', called: 1, tier: 0 });
  count(some, { ...usual, part: 'acted', called: 4, tier: 2, alsoAsked: true });
  count(some, { ...usual, part: 'undecided', called: 0, tier: 0 });
  return some;
}

const standing = { ece: 0.0123, nullMean: 0.02, n: 300, score: 0.94, dryRun: false };
const clusters = new Map([
  ['quiet-k8s', { ...standing, shown: 'autonomous' as const }],
  ['bursty-slurm-of-the-machine-learning-department', { ...standing, shown: 'learning' as const, ece: null }],
]);
const source: ProgressSource = {
  watch: { clusters },
  tally: () => ({ jobs: 742, openApprovals: 3, figures: figures() }),
  figuresOf: figures,
  share: () => 0.5,
  now: () => 1_800_000_000_000,
};
const plain = (lines: readonly string[]) => lines.map((line) => stripVTControlCharacters(line));
const width = (line: string) => [...line].length;

describe('status lines', () => {
  it('say what became of the jobs in parts that add up, and do not call nothing autonomy', () => {
    const parts = totalsParts(source.tally());
    expect(parts.join(' · ')).toBe(
      'jobs 742 · nothing needed 600 · acted 121 · held out 0 · asked 0 · withheld 20 · undecided 1 · acted and also asked 1 · open questions 3',
    );
    expect(statusLines(source, 200).join('\n')).not.toMatch(/coverage|stood alone/i);
  });

  it.each([60, 80])('are never cut at %i columns: what does not fit goes on, whole, on the next line', (columns) => {
    const lines = plain(statusLines(source, columns));
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
    const all = lines.join(' ').replaceAll(/[\s·]+/g, ' ');
    for (const part of totalsParts(source.tally())) expect(all).toContain(part);
    expect(all).toContain('ECE 0.012 (n 300, perfect 0.020)');
    expect(all).toContain('acted on 121 of 141 calls (85 %)');
    expect(all).toContain('annotate 40, warn 41, suggest 40');
    expect(all).toContain('bursty-slurm-of-the-machine-learning-department learning');
  });

  it('break a name that is wider than the terminal, and keep all of it', () => {
    const name = 'x'.repeat(130);
    const lines = wrapped(`${name} learning`, 60);
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(60);
    expect(lines.join('').replaceAll(' ', '')).toBe(`${name}learning`);
    expect(joined([name, 'b'], 60).join('').replaceAll(/[ ·]/g, '')).toBe(`${name}b`);
  });

  it('stay in one line where nobody knows how wide the terminal is', () => {
    const text = 'word '.repeat(100).trim();
    expect(wrapped(text, undefined)).toEqual([text]);
    expect(joined(['a', 'b'], undefined)).toEqual(['a · b']);
  });
});

describe('a run on a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Every line that ever stood on a terminal of this width. */
  function drawn(columns: number, during: (view: ReturnType<typeof showProgress>) => void): string[] {
    const out = Object.assign(new PassThrough(), { isTTY: true, columns });
    const view = showProgress(source, out);
    during(view);
    vi.advanceTimersByTime(2_000);
    view.stop();
    const cursorMoves = new RegExp(`\n|${String.fromCharCode(27)}\\[[0-9;]*[AGH]`);
    return String(out.read())
      .split(cursorMoves)
      .map((line) => stripVTControlCharacters(line));
  }

  it.each([60, 80])('never writes a line wider than %i columns, news included', (columns) => {
    const text = `autonomy withdrawn in quiet-k8s: calibration score 0.412 (ECE 0.118, n 300) has to be above 0.60`;
    const lines = drawn(columns, (view) => {
      view.notice({ at: '2026-11-20T12:00:00Z', clusterId: 'quiet-k8s', tone: 'bad', text });
      view.say('First decision after 1.0 s: job-1 in quiet-k8s, nothing needed: Job will start in 4 minutes');
    });
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
    const all = lines.join(' ').replaceAll(/\s+/g, ' ');
    expect(all).toContain(text);
    expect(all).toContain('Job will start in 4 minutes');
    expect(all).toContain('acted on 121 of 141 calls (85 %)');
  });
});
