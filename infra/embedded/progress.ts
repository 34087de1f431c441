import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import pc from 'picocolors';
import type { Notice } from './console/views.ts';
import type { ClusterProgress, Watch } from './start/watch.ts';

export interface ProgressSource {
  watch: Pick<Watch, 'clusters' | 'totals'>;
  tally(): { jobs: number; openApprovals: number };
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

const REDRAW_MS = 250;
const PLAIN_LINE_MS = 5_000;

const clockTime = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;
const SCOPE_COLOUR = { autonomous: pc.green, notify: pc.yellow, escalate: pc.red } as const;
const isScope = (scope: string): scope is keyof typeof SCOPE_COLOUR => scope in SCOPE_COLOUR;

/** ECE is never shown without n and what a perfect model would show. */
export function evidenceText({ ece, n, nullMean }: Pick<ClusterProgress, 'ece' | 'n' | 'nullMean'>): string {
  return ece === null ? `ECE – (n ${n})` : `ECE ${ece.toFixed(3)} (n ${n}, perfect ${nullMean?.toFixed(3) ?? '–'})`;
}

export function totalsText({ watch, tally }: Pick<ProgressSource, 'watch' | 'tally'>): string {
  const { alone, notified, withheld, asked } = watch.totals();
  const { jobs, openApprovals } = tally();
  return `jobs ${jobs} · stood alone ${alone} · notified ${notified} · withheld ${withheld} · asked ${asked} · open approvals ${openApprovals}`;
}

function clusterText(name: string, cluster: ClusterProgress, width: number): string {
  const { decided, alone, notified, withheld, asked, scope } = cluster;
  const paint = isScope(scope) ? SCOPE_COLOUR[scope] : pc.dim;
  const counts = `${decided} decided, ${alone} alone, ${notified} notified, ${withheld} withheld, ${asked} asked`;
  return `${name.padEnd(width)}  ${paint(scope.padEnd(10))}  ${evidenceText(cluster)}  ${pc.dim(counts)}`;
}

/** Shows a run as it goes: redrawn in place on a terminal, a plain line every few seconds elsewhere. */
export function showProgress(source: ProgressSource, out: NodeJS.WriteStream = process.stdout): ProgressView {
  return out.isTTY ? inPlace(source, out) : plainLines(source, out);
}

function plainLines(source: ProgressSource, out: NodeJS.WriteStream): ProgressView {
  const say = (line: string) => void out.write(`${line}\n`);
  let last = '';
  const line = () => {
    const share = source.share();
    const clusters = [...source.watch.clusters].map(
      ([name, cluster]) => `${name}: ${cluster.scope}, ${evidenceText(cluster)}`,
    );
    const next = [totalsText(source), ...clusters].join(' | ');
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

function inPlace(source: ProgressSource, out: NodeJS.WriteStream): ProgressView {
  const bars = new MultiBar(
    {
      stream: out,
      hideCursor: true,
      clearOnComplete: false,
      stopOnComplete: false,
      forceRedraw: true,
      fps: 1000 / REDRAW_MS,
      barsize: 24,
      autopadding: false,
      linewrap: false,
      gracefulExit: false,
    },
    Presets.rect,
  );
  const endless = source.share() === null;
  const top = bars.create(
    1,
    0,
    { when: '', totals: '' },
    { format: endless ? '{when}' : '{bar} {percentage} %  {when}' },
  );
  const totals = bars.create(1, 0, { text: '' }, { format: '{text}' });
  const lines = new Map<string, SingleBar>();
  const draw = () => {
    top.update(source.share() ?? 0, { when: pc.dim(clockTime(source.now())) });
    totals.update(0, { text: totalsText(source) });
    const width = Math.max(0, ...[...source.watch.clusters.keys()].map((name) => name.length));
    for (const [name, cluster] of source.watch.clusters) {
      const line = lines.get(name) ?? bars.create(1, 0, { text: '' }, { format: '{text}' });
      lines.set(name, line);
      line.update(0, { text: clusterText(name, cluster, width) });
    }
  };
  const timer = setInterval(draw, REDRAW_MS);
  const say = (line: string) => bars.log(`${line}\n`);
  return {
    say,
    notice: ({ tone, text }) => say((tone === 'bad' ? pc.red : tone === 'warn' ? pc.yellow : pc.green)(text)),
    stop() {
      clearInterval(timer);
      draw();
      bars.stop();
    },
  };
}
