import { namesIn } from './quotes.ts';

/** The columns of a history (CALIBRATION.md section 8), by the names that files are expected to use. */
export const COLUMNS = [
  'submitted_at',
  'cluster_id',
  'platform',
  'job_id',
  'p_long_wait',
  'predicted_wait_s',
  'actual_wait_s',
  'long_wait',
  'label_at',
  'gpus',
  'procs',
  'queue',
  'run_s',
] as const;
export type Column = (typeof COLUMNS)[number];

/** Index of each column in a line; -1 where the file has none. */
export type Layout = Readonly<Record<Column, number>> & {
  readonly width: number;
  readonly delimiter: number;
  /** What had to be assumed, in sentences. */
  readonly notes: readonly string[];
};

/** Which column of a file stands for which of ours. */
export type Mapping = ReadonlyMap<Column, string>;

/** The file has no usable header. It is skipped; the other files are not. */
export class UnusableHeader extends Error {
  override readonly name = 'UnusableHeader' as const;
}

/** The mapping was mistyped: nothing runs. */
export class UnknownColumn extends Error {
  override readonly name = 'UnknownColumn' as const;
}

/** @throws UnknownColumn for `--map` parts that are not `name=column` with a name of ours */
export function parseMapping(text: string, mapping: Map<Column, string> = new Map()): Map<Column, string> {
  for (const part of text.split(',')) {
    const [name, ...rest] = part.split('=');
    const column = COLUMNS.find((known) => known === name?.trim());
    const theirs = rest.join('=').trim();
    if (column === undefined || theirs === '') {
      throw new UnknownColumn(`"${part}" is not name=column with a name of ${COLUMNS.join(', ')}`);
    }
    mapping.set(column, theirs);
  }
  return mapping;
}

const DELIMITERS = [',', ';', '\t'];

/**
 * Reads the first line of a file. The mapped name counts first, then our own; case does not matter.
 *
 * @throws UnusableHeader when the time, or both label and wait are missing
 */
export function layoutOf(header: string, mapping: Mapping): Layout {
  const line = header.replace(/^\ufeff/, '').replace(/\r$/, '');
  const delimiter = DELIMITERS.reduce((best, one) =>
    namesIn(line, one).length > namesIn(line, best).length ? one : best,
  );
  const names = namesIn(line, delimiter);
  const notes: string[] = [];
  const lower = names.map((name) => name.toLowerCase());
  const indexOf = (column: Column): number => {
    const mapped = mapping.get(column);
    let at = mapped === undefined ? -1 : lower.indexOf(mapped.toLowerCase());
    if (at < 0) {
      at = lower.indexOf(column);
      if (mapped !== undefined) {
        const instead = at < 0 ? 'it is taken for missing' : `its own ${column} is taken`;
        notes.push(`there is no column "${mapped}" to stand for ${column}; ${instead}`);
      }
    }
    if (at >= 0 && lower.lastIndexOf(lower[at] ?? '') > at)
      notes.push(`column ${column} is there twice; the first counts`);
    return at;
  };
  const layout: Layout = {
    submitted_at: indexOf('submitted_at'),
    cluster_id: indexOf('cluster_id'),
    platform: indexOf('platform'),
    job_id: indexOf('job_id'),
    p_long_wait: indexOf('p_long_wait'),
    predicted_wait_s: indexOf('predicted_wait_s'),
    actual_wait_s: indexOf('actual_wait_s'),
    long_wait: indexOf('long_wait'),
    label_at: indexOf('label_at'),
    gpus: indexOf('gpus'),
    procs: indexOf('procs'),
    queue: indexOf('queue'),
    run_s: indexOf('run_s'),
    width: names.length,
    delimiter: delimiter.charCodeAt(0),
    notes,
  };
  const missing: string[] = layout.submitted_at < 0 ? ['submitted_at'] : [];
  if (layout.actual_wait_s < 0) missing.push(...(['long_wait', 'label_at'] as const).filter((c) => layout[c] < 0));
  if (missing.length === 0) return layout;
  const has = names.map((name) => `"${name.slice(0, 40).replace(/[\p{Cc}\p{Cf}\ufffd]/gu, '?')}"`).slice(0, 30);
  throw new UnusableHeader(
    `no column ${missing.join(', ')}; the file has ${has.join(', ')}. Name yours with --map ${missing[0]}=column`,
  );
}
