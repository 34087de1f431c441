import { frozen, NUMBERS, type Numbers } from './thresholds.ts';

/** The name of each table in `--set`, and its location. */
const TABLES: Readonly<Record<string, keyof Numbers>> = {
  GATE: 'gate',
  TIER_NUMBERS: 'tiers',
  TOKENS: 'tokens',
  OUTCOME_RING: 'outcomeRing',
  EVIDENCE_RING: 'evidenceRing',
  CALIBRATION: 'calibration',
  RECALIBRATION: 'recalibration',
};

/** These determine the layout of the stored state; other values would be another format. */
const SHAPE: readonly string[] = ['OUTCOME_RING.size', 'EVIDENCE_RING.size'];

/** Every number of gate and fold that can be overridden, by its full name such as `TIER_NUMBERS.warn.ece`. */
export function numberNames(): string[] {
  const names = Object.entries(TABLES).flatMap(([name, table]) => namesIn(NUMBERS[table], name));
  return names.filter((name) => !SHAPE.includes(name));
}

/**
 * The deployed numbers with some overridden, for a back-test.
 *
 * @throws RangeError for a name that `numberNames` does not list
 */
export function overrides(values: ReadonlyMap<string, number>): Numbers {
  const known = new Set(numberNames());
  for (const name of values.keys()) if (!known.has(name)) throw new RangeError(`there is no number ${name}`);
  const tables = Object.entries(TABLES).map(([name, table]) => [table, withValues(NUMBERS[table], name, values)]);
  return frozen(Object.assign({}, NUMBERS, Object.fromEntries(tables)));
}

/** The paths of all numbers in a nested table. */
export function namesIn(table: object, prefix = ''): string[] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof value === 'number') return [name];
    return typeof value === 'object' && value !== null ? namesIn(value, name) : [];
  });
}

function withValues<Table extends object>(table: Table, name: string, values: ReadonlyMap<string, number>): Table {
  const entries = Object.entries(table).map(([key, value]: [string, unknown]) => {
    const inner = `${name}.${key}`;
    if (typeof value === 'object' && value !== null) return [key, withValues(value, inner, values)];
    return [key, values.get(inner) ?? value];
  });
  return Object.assign({}, table, Object.fromEntries(entries));
}
