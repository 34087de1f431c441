import type { Bin } from '../../../functions/domain/calibration/bins.ts';
import { type Numbers, TIERS } from '../../../functions/domain/thresholds.ts';
import { grouped, jobsIn, type Placed, placed } from './series.ts';
import type { StreamReport } from './shape.ts';
import {
  area,
  element,
  type Frame,
  line,
  rule,
  type Scale,
  svg,
  text,
  ticksOf,
  WIDE,
  xScale,
  yAxis,
  yScale,
} from './svg.ts';
import { wilson } from './wilson.ts';
import { count, day, minute, percent } from './words.ts';

const SQUARE: Frame = { width: 380, height: 380, left: 58, right: 14, top: 12, bottom: 96 };
/** Below this an e-process carries no information. */
const LOG_FLOOR = -1;
/** Up to this length a day is too coarse for the axis. */
const BRIEF_SECONDS = 4 * 86_400;

/**
 * Mean served probability of each quantile bin against the share of jobs that really waited long, with its 95 % interval.
 * Points on the diagonal are calibrated. Below the chart, the number of jobs in each bin.
 */
export function reliabilityChart(title: string, bins: readonly Bin[], className: string): string {
  const frame = SQUARE;
  const x = rooted(xScale(frame, 0, 1));
  const y = rooted(yScale(frame, 0, 1));
  const marks = [...bins]
    .sort((a, b) => a.meanP - b.meanP)
    .map((bin) => ({ ...bin, share: bin.positives / bin.count, ...wilson(bin.positives, bin.count) }));
  const band = area(
    marks.map(({ meanP, low, high }) => [x(meanP), y(low), y(high)]),
    className,
  );
  const through = line(
    marks.map(({ meanP, share }) => [x(meanP), y(share)]),
    className,
  );
  const dots = marks.map((mark) => {
    const said = `predicted ${percent(mark.meanP)}, happened ${percent(mark.share)} (${percent(mark.low)} to ${percent(mark.high)}), n ${count(mark.count)}`;
    const bar = rule(x(mark.meanP), y(mark.low), x(mark.meanP), y(mark.high), `whisker ${className}`);
    const dot = element(
      'circle',
      { cx: x(mark.meanP), cy: y(mark.share), r: 3.5, class: `dot ${className}` },
      `<title>${said}</title>`,
    );
    return bar + dot;
  });
  const ticks = [0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1];
  const axis = ticks.map((tick) => text(x(tick), frame.height - frame.bottom + 16, String(tick), 'tick')).join('');
  const label = text((x(0) + x(1)) / 2, frame.height - frame.bottom + 32, 'predicted', 'label');
  const happened = element(
    'text',
    {
      x: 0,
      y: 0,
      class: 'label',
      'text-anchor': 'middle',
      transform: `translate(11 ${(y(0) + y(1)) / 2}) rotate(-90)`,
    },
    'waited long',
  );
  const diagonal = rule(x(0), y(0), x(1), y(1), 'diagonal');
  const drawing = yAxis(frame, y, ticks, String) + diagonal + band + through + dots.join('');
  return svg(frame, title, drawing + axis + label + happened + sizes(frame, bins));
}

/** Square roots give the many small probabilities room and keep the diagonal straight. */
function rooted(scale: Scale): Scale {
  return Object.assign((value: number) => scale(Math.sqrt(value)), { from: scale.from, to: scale.to });
}

/** A column for each bin, in the order of the bins, since quantile bins crowd where most jobs are. */
function sizes(frame: Frame, bins: readonly Bin[]): string {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const x = xScale(frame, 0, Math.max(1, bins.length));
  const floor = frame.height - 16;
  const columns = bins.map((bin, i) => {
    const height = (26 * bin.count) / most;
    const width = Math.max(1, x(i + 1) - x(i) - 2);
    const said = `bin ${i + 1}: n ${count(bin.count)}, mean ${percent(bin.meanP)}`;
    return element('rect', { x: x(i) + 1, y: floor - height, width, height, class: 'size' }, `<title>${said}</title>`);
  });
  const counts = bins.map((bin) => bin.count);
  const [least, largest] = [Math.min(...counts), Math.max(...counts)];
  const each = least === largest ? count(least) : `${count(least)} to ${count(largest)}`;
  const note = bins.length === 0 ? 'no jobs' : `n per bin: ${each}`;
  return columns.join('') + text((x.from + frame.width) / 2, floor + 13, note, 'tick');
}

/** What happened to the jobs that called for something. */
export function callsChart(report: StreamReport): string {
  const points = grouped(report.timeline).filter(({ calls }) => calls > 0);
  const { x, axis } = jobAxis(WIDE, report);
  const y = yScale(WIDE, 0, 1);
  const layer = (from: (point: Placed) => number, to: (point: Placed) => number, className: string): string =>
    area(
      points.map((point) => [x(point.at), y(from(point) / point.calls), y(to(point) / point.calls)]),
      `solid ${className}`,
    );
  const acted = (point: Placed): number => point.acted;
  const heldOut = (point: Placed): number => acted(point) + point.heldOut;
  const asked = (point: Placed): number => heldOut(point) + point.asked;
  const layers = [
    layer(() => 0, acted, 'autonomous'),
    layer(acted, heldOut, 'heldOut'),
    layer(heldOut, asked, 'notify'),
    layer(asked, (point) => point.calls, 'escalate'),
  ];
  const grid = yAxis(WIDE, y, [0, 0.25, 0.5, 0.75, 1], (value) => percent(value, 0));
  return svg(WIDE, 'what became of the calls over time', layers.join('') + grid + axis);
}

/** The share of jobs acted on that really waited long. */
export function rightChart(report: StreamReport): string {
  const points = grouped(report.timeline);
  const { x, axis } = jobAxis(WIDE, report);
  const y = yScale(WIDE, 0, 1);
  const grid = yAxis(WIDE, y, [0, 0.25, 0.5, 0.75, 1], (value) => percent(value, 0));
  const limits = report.tiers.map(({ promise }) =>
    rule(WIDE.left, y(promise), WIDE.width - WIDE.right, y(promise), 'limit'),
  );
  const dots = points
    .map(({ at, right, acted, unknown }) => ({ at, right, known: acted - unknown }))
    .filter(({ known }) => known > 0)
    .map(({ at, right, known }) => {
      const said = `${count(right)} of ${count(known)} right`;
      return element(
        'circle',
        { cx: x(at), cy: y(right / known), r: 2 + Math.sqrt(known) / 3, class: 'dot autonomous' },
        `<title>${said}</title>`,
      );
    });
  return svg(WIDE, 'right over time', grid + limits.join('') + dots.join('') + axis);
}

/** The share acted on of the jobs that really waited long, and of all jobs, which is what chance would reach. */
export function reachedChart(report: StreamReport): string {
  const points = grouped(report.timeline);
  const { x, axis } = jobAxis(WIDE, report);
  const reached = points.map(({ right, longWaits }) => (longWaits === 0 ? Number.NaN : right / longWaits));
  const chance = points.map(({ acted, jobs }) => acted / jobs);
  const most = Math.max(0.1, ...[...reached, ...chance].filter(Number.isFinite));
  const y = yScale(WIDE, 0, most);
  const grid = yAxis(WIDE, y, ticksOf(0, most, 4), (value) => percent(value, 0));
  const through = (shares: readonly number[], className: string): string =>
    line(
      points.map((point, i) => [x(point.at), y(shares[i] ?? Number.NaN)]),
      className,
    );
  return svg(WIDE, 'reached over time', grid + through(chance, 'notify') + through(reached, 'autonomous') + axis);
}

export const TIER_CLASSES = ['tier1', 'tier2', 'tier3', 'tier4'] as const;

/** The fewest free tokens of each stretch, tier by tier. */
export function tokenChart(report: StreamReport, { tokens }: Numbers): string {
  const points = placed(report.timeline);
  const { x, axis } = jobAxis(WIDE, report);
  const most = Math.max(1, ...points.flatMap(({ tokensLow }) => tokensLow));
  const least = Math.min(0, ...points.flatMap(({ tokensLow }) => tokensLow));
  const y = yScale(WIDE, least, most);
  const grid = yAxis(WIDE, y, ticksOf(least, most, 4), String);
  const lines = TIER_CLASSES.map((className, i) =>
    line(
      points.map((point) => [x(point.at), y(point.tokensLow[i] ?? Number.NaN)]),
      className,
    ),
  );
  const needed = Object.values(tokens.need).map((need) =>
    rule(WIDE.left, y(need), WIDE.width - WIDE.right, y(need), 'limit'),
  );
  return svg(WIDE, 'tokens over time', grid + needed.join('') + lines.join('') + axis);
}

/** Evidence of each detector on a logarithmic scale, with the height at which it alarms. */
export function detectorChart(report: StreamReport, { calibration }: Numbers): string {
  const points = placed(report.timeline);
  const { x, axis } = jobAxis(WIDE, report);
  const { alarm, modelAlarm } = calibration.detectors;
  const y = yScale(WIDE, LOG_FLOOR, 4);
  const log = (value: number): number => y(Math.max(LOG_FLOOR, Math.min(4, Math.log10(Math.max(1e-9, value)))));
  const of = (key: 'served' | 'raw'): [number, number][] => points.map((point) => [x(point.at), log(point[key])]);
  const grid = yAxis(WIDE, y, [0, 1, 2, 3, 4], (value) => `${count(10 ** value)}`);
  const limits = [alarm, modelAlarm].map((height) =>
    rule(WIDE.left, log(height), WIDE.width - WIDE.right, log(height), 'limit'),
  );
  const raw = report.forecast.rawP === null ? '' : line(of('raw'), 'notify');
  const lines = raw + line(of('served'), 'autonomous');
  return svg(WIDE, 'drift statistics over time', grid + limits.join('') + lines + axis);
}

/** Debiased ECE of the ring with its 90 % bounds, and the limits of the tiers. */
export function eceChart(report: StreamReport, { tiers }: Numbers): string {
  const points = placed(report.timeline);
  const { x, axis } = jobAxis(WIDE, report);
  const uppers = points.map((point) => point.upper).filter(Number.isFinite);
  const most = Math.min(0.5, Math.max(0.1, ...uppers));
  const y = yScale(WIDE, 0, most);
  const within = (value: number): number => y(Math.min(most, value));
  const grid = yAxis(WIDE, y, ticksOf(0, most, 4), (value) => value.toFixed(2));
  const limits = Object.values(tiers).map(({ ece }) =>
    rule(WIDE.left, within(ece), WIDE.width - WIDE.right, within(ece), 'limit'),
  );
  const band = area(
    points.map((point) => [x(point.at), within(point.lower), within(point.upper)]),
    'autonomous',
  );
  const through = line(
    points.map((point) => [x(point.at), within(point.ece)]),
    'autonomous',
  );
  const epochs = (report.recalibration?.epochs ?? []).map(({ afterJobs, cause }) =>
    rule(x(afterJobs), WIDE.top, x(afterJobs), WIDE.height - WIDE.bottom, `epoch ${cause}`),
  );
  return svg(WIDE, 'calibration error over time', grid + band + limits.join('') + epochs.join('') + through + axis);
}

const STEPS: Frame = { ...WIDE, height: 150 };
const LEVELS = ['none', ...TIERS];
const BANDS = ['none', 'monitor', 'degrade', 'escalate'];

/** The highest tier earned, as steps, and under it the drift band that the evidence supports. */
export function tierChart(report: StreamReport): string {
  return steps(report, 'tier over time', LEVELS, (point) => point.tier, 'autonomous');
}

export function bandChart(report: StreamReport): string {
  return steps(report, 'drift band over time', BANDS, (point) => point.drift, 'harm');
}

function steps(
  report: StreamReport,
  title: string,
  names: readonly string[],
  level: (point: Placed) => number,
  className: string,
): string {
  const points = placed(report.timeline);
  const frame = { ...STEPS, left: 66 };
  const { x, axis } = jobAxis(frame, report);
  const y = yScale(frame, 0, names.length - 1);
  const corners = points.flatMap((point): [number, number][] => [
    [x(point.at - point.jobs / 2), y(level(point))],
    [x(point.at + point.jobs / 2), y(level(point))],
  ]);
  const grid = yAxis(
    frame,
    y,
    names.map((_, i) => i),
    (value) => names[value] ?? '',
  );
  return svg(frame, title, grid + line(corners, className) + axis);
}

/** Jobs from left to right, with the day on which each tick was submitted; in a short history, the time. */
function jobAxis(frame: Frame, { timeline }: StreamReport): { x: Scale; axis: string } {
  const points = placed(timeline);
  const jobs = jobsIn(points);
  const x = xScale(frame, 0, Math.max(1, jobs));
  const floor = frame.height - frame.bottom;
  const brief = (points.at(-1)?.to ?? 0) - (points[0]?.from ?? 0) < BRIEF_SECONDS;
  const ticks = ticksOf(0, jobs, 6)
    .filter(Number.isInteger)
    .map((tick) => {
      const point = points.find(({ at, jobs: size }) => at + size / 2 >= tick) ?? points.at(-1);
      const anchor = x(tick) > frame.width - 50 ? 'end' : tick === 0 ? 'start' : 'middle';
      const when = (seconds: number): string => (brief ? minute(seconds) : day(seconds));
      const date =
        point === undefined ? '' : text(x(tick), floor + 31, when(tick === 0 ? point.from : point.to), 'tick', anchor);
      return (
        rule(x(tick), floor, x(tick), floor + 4, 'axis') + text(x(tick), floor + 17, count(tick), 'tick', anchor) + date
      );
    });
  return { x, axis: rule(frame.left, floor, frame.width - frame.right, floor, 'axis') + ticks.join('') };
}
