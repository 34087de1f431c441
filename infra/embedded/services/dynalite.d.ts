// The parts of dynalite 4.0.0 that dynamo.ts uses; the package has no types. Its own HTTP server is left out: it would
// be a second port, open to everybody on the machine.
declare module 'dynalite/db/index.js' {
  export interface Store {
    readonly options: Record<string, unknown>;
    readonly db: {
      open(): Promise<void>;
      close(done: (error: unknown) => void): void;
      keys: (options: unknown) => LevelIterator;
      values: (options: unknown) => LevelIterator;
      readonly status: string;
      getSync: (key: string) => unknown;
      get: (key: string, done: (error: unknown, value?: unknown) => void) => unknown;
      put: (key: string, value: unknown, done: (error: unknown) => void) => unknown;
      del: (key: string, done: (error: unknown) => void) => unknown;
      batch: (operations: readonly BatchOperation[], done: (error: unknown) => void) => void;
    };
    getTable: (name: string, checkStatus: unknown, done?: (error: unknown, table?: unknown) => void) => void;
  }
  export type BatchOperation =
    | { readonly type: 'put'; readonly key: string; readonly value: unknown }
    | { readonly type: 'del'; readonly key: string };
  export interface LevelIterator {
    close(): Promise<void>;
    return?: () => Promise<void>;
  }
  export function create(options: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Store;
}
declare module 'dynalite/validations/index.js' {
  import type { Store } from 'dynalite/db/index.js';
  export function checkTypes(data: unknown, types: unknown): object;
  export function checkValidations(data: object, types: unknown, custom: unknown, store: Store): void;
}
declare module 'dynalite/db/conditionParser.js' {
  export interface ExpressionContext {
    readonly attrNames?: Readonly<Record<string, string>>;
    readonly attrVals?: Readonly<Record<string, object>>;
    readonly unusedAttrNames: Record<string, unknown>;
    readonly unusedAttrVals: Record<string, unknown>;
  }
  /** dynalite asks for `parse` at every use. */
  export interface ExpressionParser {
    parse: (text: string, options: { readonly context: ExpressionContext }) => unknown;
  }
}
