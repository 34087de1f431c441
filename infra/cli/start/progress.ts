import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import pc from 'picocolors';
import { ALSO_ASKED, PART_WORDS, percent, shareOf } from '../../../functions/domain/figure-words.ts';
import { callsOf, type Figures, PARTS } from '../../../functions/domain/figures.ts';
import { TIERS } from '../../../functions/domain/thresholds.ts';
import type { ShownScope } from '../../console/shown-scope.ts';
import type { Notice, Tally } from '../../console/views.ts';
import { evidenceText } from './evidence-text.ts';
import { joined, widthOf, wrapped } from './status-line.ts';
import type { ClusterProgress, Watch } from './watch.ts';

export interface ProgressSource {
  watch: Pick<Watch, 'clusters'>;
  tally(): Tally;
  figuresOf(clusterId: string): Readonly<Figures>;
  /** Share of the feed; null where there is no end. */
  share(): number | null;
  /** On the system's clock, ms. */
  now(): number;
}

export interface ProgressView {
  /** One line that stays on screen. */
  say(line: string): void;
  notice(notice: Notice): void;
  stop(): void;
}

/** Where it is shown; a terminal says so, and mostly how wide it is. */
type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

const REDRAW_MS = 250;
const PLAIN_LINE_MS = 5_000;
/** Where a terminal does not say how wide it is. */
const USUAL_COLUMNS = 80;

const clockTime = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;

const SCOPE_COLOUR: Readonly<Record<ShownScope, (text: string) => string>> = {
  autonomous: pc.green,
  notify: pc.yellow,
  escalate: pc.red,
  learning: pc.blue,
};
export const TONE_COLOUR: Readonly<Record<Notice['tone'], (text: string) => string>> = {
  good: pc.green,
  info: pc.blue,
  warn: pc.yellow,
  bad: pc.red,
};

/** What became of the jobs: parts that add up to those that are ours. Of those that should stay at 0, what is there. */
export function totalsParts({ jobs, openApprovals, figures }: Tally): string[] {
  const { parts, alsoAsked } = figures;
  const rare = new Set<string>(['late', 'failed', 'undecided']);
  const shown = PARTS.filter((part) => parts[part] > 0 || !rare.has(part));
  return [
    `jobs ${jobs}`,
    ...shown.map((part) => `${PART_WORDS[part]} ${parts[part]}`),
    ...(alsoAsked > 0 ? [`${ALSO_ASKED} ${alsoAsked}`] : []),
    `open questions ${openApprovals}`,
  ];
}

/** How one cluster stands, and what was done there of what was called for. */
export function clusterParts(name: string, cluster: ClusterProgress, figures: Readonly<Figures>): string[] {
  const calls = callsOf(figures);
  const { acted } = figures.parts;
  const tiers = figures.byTier.flatMap((tier, i) => (tier.acted > 0 ? [`${TIERS[i] ?? ''} ${tier.acted}`] : []));
  const share = calls === 0 ? '' : ` (${percent(shareOf(acted, calls))})`;
  return [
    `${name} ${cluster.shown}`,
    evidenceText(cluster),
    `acted on ${acted} of ${calls} calls${share}`,
    ...(tiers.length === 0 ? [] : [tiers.join(', ')]),
  ];
}

/** All status lines as they stand on a terminal: none is wider than it, and none is cut. */
export function statusLines(source: ProgressSource, columns: number): string[] {
  const clusters = [...source.watch.clusters].flatMap(([name, cluster]) => {
    const [first = '', ...more] = joined(clusterParts(name, cluster, source.figuresOf(name)), columns);
    const paint = SCOPE_COLOUR[cluster.shown];
    return [first.replace(`${name} ${cluster.shown}`, `${name} ${paint(cluster.shown)}`), ...more.map(pc.dim)];
  });
  return [...joined(totalsParts(source.tally()), columns), ...clusters];
}

/** Shows a run as it goes: redrawn in place on a terminal, a plain line every few seconds elsewhere. */
export function showProgress(source: ProgressSource, out: Screen = process.stdout): ProgressView {
  return out.isTTY ? inPlace(source, out) : plainLines(source, out);
}

function plainLines(source: ProgressSource, out: Screen): ProgressView {
  const say = (line: string) => void out.write(`${line}\n`);
  let last = '';
  const line = () => {
    const share = source.share();
    const clusters = [...source.watch.clusters].map(([name, cluster]) =>
      clusterParts(name, cluster, source.figuresOf(name)).join(', '),
    );
    const next = [totalsParts(source.tally()).join(' · '), ...clusters].join(' | ');
    // Nothing new is not worth a line, and an idle system would write one for ever.
    if (next === last) return;
    last = next;
    say(`${clockTime(source.now())}${share === null ? '' : ` ${Math.floor(share * 100)} %`} | ${next}`);
  };
  const timer = setInterval(line, PLAIN_LINE_MS);
  return {
    say,
    notice: ({ text }) => say(text),
    stop() {
      clearInterval(timer);
      line();
    },
  };
}

/** Clears what an earlier drawing left, before a line is written: after it, its own last character would go on a full line. */
const CLEAR_LINE = '\u001b[K';
/** Status lines are drawn without the terminal's own wrapping, without which what is wider is lost. */
const WRAP = { on: '\u001b[?7h', off: '\u001b[?7l' } as const;

function inPlace(source: ProgressSource, out: Screen): ProgressView {
  // Asked each time: a window may be made narrower meanwhile.
  const columns = () => out.columns || USUAL_COLUMNS;
  const bars = new MultiBar(
    {
      stream: out,
      hideCursor: true,
      clearOnComplete: false,
      stopOnComplete: false,
      forceRedraw: true,
      fps: 1000 / REDRAW_MS,
      barsize: Math.max(4, Math.min(24, columns() - 28)),
      autopadding: false,
      linewrap: false,
      gracefulExit: false,
    },
    Presets.rect,
  );
  const endless = source.share() === null;
  const top = bars.create(1, 0, { when: '' }, { format: endless ? '{when}' : '{bar} {percentage} %  {when}' });
  const lines: SingleBar[] = [];
  const draw = () => {
    top.update(source.share() ?? 0, { when: pc.dim(clockTime(source.now())) });
    const texts = statusLines(source, columns());
    while (lines.length < texts.length) lines.push(bars.create(1, 0, { text: '' }, { format: '{text}' }));
    for (const [i, line] of lines.entries()) line.update(0, { text: texts[i] ?? '' });
  };
  const timer = setInterval(draw, REDRAW_MS);
  const write = (text: string, paint: (line: string) => string) => {
    for (const line of wrapped(text, columns())) {
      const whole = widthOf(line) > columns() ? `${WRAP.on}${paint(line)}${WRAP.off}` : paint(line);
      bars.log(`${CLEAR_LINE}${whole}\n`);
    }
  };
  return {
    say: (line) => write(line, (text) => text),
    notice: ({ tone, text }) => write(text, TONE_COLOUR[tone]),
    stop() {
      clearInterval(timer);
      draw();
      bars.stop();
    },
  };
}
