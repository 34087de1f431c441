import { isUnknown, Times } from '../times.ts';
import { zoneOf } from '../zone.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Seconds by which two clocks or roundings may differ. */
const ALIKE = 2;
/** One wrong line in ten does not change what a column means. */
const MOST = 0.9;

/** The content of the columns in some lines. */
export interface Look {
  isNumeric(column: number): boolean;
  /** Numbers from 0 to 1. */
  isProbability(column: number): boolean;
  /** Whether a column contains the seconds between two others. */
  isDifference(column: number, later: number, earlier: number): boolean;
}

export function lookAt(rows: readonly (readonly string[])[]): Look {
  // Differences are the same in any zone, except on the few days when clocks change.
  const times = new Times(zoneOf('UTC'));
  const mostly = (column: number, is: (value: string, row: readonly string[]) => boolean): boolean => {
    const given = rows.filter((row) => !isUnknown((row[column] ?? '').trim()));
    const so = given.filter((row) => is((row[column] ?? '').trim(), row));
    return given.length > 0 && so.length >= MOST * given.length;
  };
  return {
    isNumeric: (column) => mostly(column, (value) => NUMBER.test(value)),
    isProbability: (column) =>
      mostly(column, (value) => NUMBER.test(value) && Number(value) >= 0 && Number(value) <= 1),
    isDifference: (column, later, earlier) =>
      mostly(column, (value, row) => {
        const between = times.readText(row[later] ?? '') - times.readText(row[earlier] ?? '');
        return Math.abs(between - Number(value)) <= ALIKE;
      }),
  };
}
