import { CALIBRATION } from './calibration/state.ts';
import { GATE } from './thresholds.ts';

/** These shape the stored state; a state with other ones is another format. */
const SHAPE: readonly string[] = ['CALIBRATION.experts', 'CALIBRATION.ring', 'CALIBRATION.harmRing'];

const TABLES: readonly (readonly [name: string, table: object])[] = [
  ['GATE', GATE],
  ['CALIBRATION', CALIBRATION],
];

/** Every number of gate and fold that may be tried with another value, by its full name such as `GATE.harm.rate`. */
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
  let table: object | undefined = TABLES.find(([known]) => known === head)?.[1];
  for (const step of path.slice(0, -1)) table = table === undefined ? undefined : objectAt(table, step);
  const last = path.at(-1);
  if (table !== undefined && last !== undefined) Reflect.set(table, last, value);
}

function namesIn(table: object, prefix: string): string[] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) => {
    const name = `${prefix}.${key}`;
    if (typeof value === 'number') return [name];
    return typeof value === 'object' && value !== null ? namesIn(value, name) : [];
  });
}

function objectAt(table: object, key: string): object | undefined {
  const value: unknown = Reflect.get(table, key);
  return typeof value === 'object' && value !== null ? value : undefined;
}
