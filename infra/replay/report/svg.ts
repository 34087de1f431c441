/** Just enough SVG to draw numbers: scales, paths, axes. Colours are classes, so that the page decides light or dark. */

export interface Scale {
  (value: number): number;
  readonly from: number;
  readonly to: number;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const WIDE: Frame = { width: 760, height: 210, left: 52, right: 14, top: 14, bottom: 40 };

export function linear(from: number, to: number, start: number, end: number): Scale {
  const span = to - from || 1;
  return Object.assign((value: number) => start + ((value - from) / span) * (end - start), { from, to });
}

export function xScale(frame: Frame, from: number, to: number): Scale {
  return linear(from, to, frame.left, frame.width - frame.right);
}

export function yScale(frame: Frame, from: number, to: number): Scale {
  return linear(from, to, frame.height - frame.bottom, frame.top);
}

/** Text that comes from a file is never markup. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? tidy(value) : value}"`,
  );
  return `<${name}${written.join('')}>${content}</${name}>`;
}

export function svg({ width, height }: Frame, label: string, content: string): string {
  const attributes = { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': escaped(label) };
  return element('svg', attributes, content);
}

/** A line through the points; a gap where a value is not a number. */
export function line(points: readonly (readonly [number, number])[], className: string): string {
  let d = '';
  let pen = 'M';
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) {
      pen = 'M';
      continue;
    }
    d += `${pen}${tidy(x)},${tidy(y)}`;
    pen = 'L';
  }
  return d === '' ? '' : element('path', { d, class: `line ${className}` });
}

/** The area between two lines over the same x. */
export function area(points: readonly (readonly [x: number, low: number, high: number])[], className: string): string {
  const drawn = points.filter(([, low, high]) => Number.isFinite(low) && Number.isFinite(high));
  if (drawn.length === 0) return '';
  const there = drawn.map(([x, , high]) => `${tidy(x)},${tidy(high)}`);
  const back = drawn.map(([x, low]) => `${tidy(x)},${tidy(low)}`).reverse();
  return element('path', { d: `M${[...there, ...back].join('L')}Z`, class: `area ${className}` });
}

export function text(x: number, y: number, content: string, className: string, anchor = 'middle'): string {
  return element('text', { x, y, class: className, 'text-anchor': anchor }, escaped(content));
}

export function rule(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return element('line', { x1, y1, x2, y2, class: className });
}

/** Horizontal grid lines with their values. */
export function yAxis(frame: Frame, y: Scale, ticks: readonly number[], format: (value: number) => string): string {
  return ticks
    .map((tick) => {
      const at = y(tick);
      return (
        rule(frame.left, at, frame.width - frame.right, at, 'grid') +
        text(frame.left - 6, at + 4, format(tick), 'tick', 'end')
      );
    })
    .join('');
}

/** Round numbers that cover a span, about `count` of them. */
export function ticksOf(from: number, to: number, count: number): number[] {
  const rough = (to - from) / Math.max(1, count);
  if (!(rough > 0)) return [from];
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function tidy(value: number): string {
  return String(Math.round(value * 100) / 100);
}
