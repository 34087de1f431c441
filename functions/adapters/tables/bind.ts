import type { Table } from './table.ts';

type OnTable = (table: Table, ...args: never[]) => unknown;
type Bound<F> = F extends (table: Table, ...args: infer Args) => infer Answer ? (...args: Args) => Answer : never;

/**
 * Turns functions of a table into a port by dropping their first argument. Listed one by one, so that a bundle contains,
 * and its role allows, only what its use case calls.
 */
export function bind<Functions extends Record<string, OnTable>>(
  table: Table,
  functions: Functions,
): { [Name in keyof Functions]: Bound<Functions[Name]> };
export function bind(table: Table, functions: Record<string, (table: Table, ...args: unknown[]) => unknown>) {
  return Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [name, (...args: unknown[]) => call(table, ...args)]),
  );
}
