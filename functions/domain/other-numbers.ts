import { EVIDENCE_RING } from './calibration/evidence-ring.ts';
import { OUTCOME_RING } from './calibration/outcome-ring.ts';
import { CALIBRATION } from './calibration/state.ts';
import { RECALIBRATION } from './recalibration/numbers.ts';
import { GATE, TIER_NUMBERS, TOKENS } from './thresholds.ts';

/** These shape the stored state; a state with other ones is another format. */
const SHAPE: readonly string[] = ['OUTCOME_RING.size', 'EVIDENCE_RING.size'];

const TABLES: readonly (readonly [name: string, table: object])[] = [
  ['GATE', GATE],
  ['TIER_NUMBERS', TIER_NUMBERS],
  ['TOKENS', TOKENS],
  ['OUTCOME_RING', OUTCOME_RING],
  ['EVIDENCE_RING', EVIDENCE_RING],
  ['CALIBRATION', CALIBRATION],
  ['RECALIBRATION', RECALIBRATION],
];

/** Every number of gate and fold that may be tried with another value, by its full name such as `TIER_NUMBERS.warn.ece`. */
export function numberNames(): string[] {
  return TABLES.flatMap(([name, table]) => namesIn(table, name)).filter((name) => !SHAPE.includes(name));
}

/**
 * Puts another value in the place of a number, for the rest of this process. Only a back-test may: what is deployed runs on
 * the numbers as they are written (a test of the layering holds it).
 *
 * @throws RangeError for a name that `numberNames` does not list
 */
export function tryNumber(name: string, value: number): void {
  if (!numberNames().includes(name)) throw new RangeError(`there is no number ${name}`);
  const [head, ...path] = name.split('.');
  const table = TABLES.find(([known]) => known === head)?.[1];
  if (table !== undefined) putNumber(table, path, value);
}

/** Puts a value where a path of names leads, in place; tables on the way that are left out are made. */
export function putNumber(table: object, path: readonly string[], value: number): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    Reflect.set(table, first, value);
    return;
  }
  if (Reflect.get(table, first) === undefined) Reflect.set(table, first, {});
  const inner: unknown = Reflect.get(table, first);
  if (typeof inner === 'object' && inner !== null) putNumber(inner, rest, value);
}

/** Paths of all numbers in a table of tables. */
export function namesIn(table: object, prefix = ''): string[] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof value === 'number') return [name];
    return typeof value === 'object' && value !== null ? namesIn(value, name) : [];
  });
}
