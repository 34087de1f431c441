import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AwsError } from '../aws-error.ts';

export type Later = (retry: () => void) => void;
export type Report = (message: string) => void;
type Done = (error: unknown, value?: unknown) => void;
type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string };
type Iterate = (options: unknown) => { close(): Promise<void>; return?: () => Promise<void> };

/** The parts of dynalite's store that are used or changed here; the package has no types. */
interface DynaliteStore {
  readonly db: {
    open(): Promise<void>;
    close: { (done: Done): void; readonly _original: () => Promise<void> };
    getSync(key: string): unknown;
    batch: (writes: readonly Write[], done: Done) => void;
    get: (key: string, done: Done) => void;
    put: (key: string, value: unknown, done: Done) => void;
    del: (key: string, done: Done) => void;
    keys: Iterate;
    values: Iterate;
  };
  getTable: (name: string, checkStatus: unknown, done?: Done) => void;
}
export interface Store extends DynaliteStore {
  /** Resolves when the store is not being opened again just now. */
  readable(): Promise<void>;
  /** Resolves when the disk takes writes, or is not known to refuse them. */
  writable(): Promise<void>;
  /** What a request is told that failed because nothing can be written now; counts it. */
  refusal(): AwsError | undefined;
  close(): Promise<void>;
}
const { create }: { create(options: object): DynaliteStore } = createRequire(import.meta.url)('dynalite/db/index.js');

/** What LevelDB may have to write before it is open: what it had in memory. */
const ROOM_BYTES = 4 * 2 ** 20;
/** Key of what describes a table. */
export const tableKey = (name: string) => `table~${name}`;

/**
 * Opens the store of dynalite 4.0.0, put right and made quicker.
 * @param path folder to keep the tables in; null keeps them in memory
 * @param later runs `retry` after a while, when the disk had no room
 * @param report told when the disk refuses writes, and when it takes them again
 */
export async function openStore(path: string | null, later: Later, report: Report): Promise<Store> {
  const store = create({ createTableMs: 0, deleteTableMs: 0, ...(path === null ? {} : { path }) });
  const { db, getTable } = store;
  await db.open();

  // dynalite ends its streams by an iterator's `return`, which level's iterators do not have: every query would keep a
  // snapshot open for good, and with it everything that was ever written.
  for (const kind of ['keys', 'values'] as const) {
    const open = db[kind].bind(db);
    db[kind] = (options) => {
      const iterator = open(options);
      iterator.return = () => iterator.close();
      return iterator;
    };
  }

  // In this thread: a row is found in microseconds, and handing the question to another thread and back takes longer
  // than that on a machine with few cores.
  db.get = (key, done) => {
    try {
      const found = db.getSync(key);
      queueMicrotask(() => done(null, found));
    } catch (error) {
      queueMicrotask(() => done(error));
    }
  };

  // What describes a table is read with every request and changes hardly ever.
  const tables = new Map<string, unknown>();
  store.getTable = (name, checkStatus, done) => {
    // Requests about the table itself change what they read.
    if (typeof checkStatus !== 'function') return getTable(name, checkStatus, done);
    const known = tables.get(name);
    if (known !== undefined) return queueMicrotask(() => checkStatus(null, known));
    getTable(name, (error: unknown, table: unknown) => {
      if (!error) tables.set(name, table);
      checkStatus(error, table);
    });
  };

  // All writes of one turn of the event loop in one batch, in their order, and one batch at a time: one trip to the
  // disk's thread serves all requests that were being answered, and nothing is written behind a record of which the disk
  // took a part, since LevelDB would forget it with that record. After such a failure nothing is taken any more.
  let waiting: { writes: readonly Write[]; done: Done }[] = [];
  let writing = false;
  let refused: { readonly why: unknown; readonly told: AwsError; times: number } | undefined;
  const writeNow = db.batch.bind(db);
  const flush = () => {
    const all = waiting;
    waiting = [];
    const writes = all.flatMap((each) => each.writes);
    writeNow(writes, (error) => {
      writing = false;
      if (error) {
        const told = `the tables cannot be written (${innermost(error)})`;
        refused = { why: error, told: new AwsError('InternalServerError', told, 500), times: 0 };
        report(told);
        all.push(...waiting.splice(0));
      } else if (waiting.length > 0) begin();
      if (writes.some(({ key }) => key.startsWith(tableKey('')))) tables.clear();
      for (const { done } of all) done(error);
    });
  };
  const begin = () => {
    writing = true;
    setImmediate(flush);
  };
  db.batch = (writes, done) => {
    const why = refused?.why;
    if (why !== undefined) return queueMicrotask(() => done(why));
    waiting.push({ writes, done });
    if (!writing) begin();
  };
  db.put = (key, value, done) => db.batch([{ type: 'put', key, value }], done);
  db.del = (key, done) => db.batch([{ type: 'del', key }], done);

  // LevelDB takes nothing any more after a write that the disk refused, however much space there is later.
  let reopening: Promise<void> | undefined;
  let mending: Promise<void> | undefined;
  const reopen = async () => {
    // Until there is room, what is there can still be read.
    const probe = join(path ?? '', 'probe');
    try {
      writeFileSync(probe, Buffer.alloc(ROOM_BYTES));
    } finally {
      rmSync(probe, { force: true });
    }
    await db.close._original();
    await db.open();
    report(`the tables can be written again; ${refused?.times} requests were refused meanwhile`);
    refused = undefined;
  };
  let closed = false;
  const mend = async () => {
    while (refused !== undefined && !closed) {
      reopening = reopen();
      await reopening.catch(() => new Promise<void>((resolve) => later(resolve)));
    }
    mending = undefined;
  };
  const writable = async () => {
    if (refused !== undefined) mending ??= mend();
    await mending;
  };
  const readable = async () => {
    if (refused === undefined) return;
    void writable();
    await reopening?.catch(() => undefined);
  };
  const refusal = () => {
    if (refused) refused.times++;
    return refused?.told;
  };
  const close = () => {
    closed = true;
    return new Promise<void>((resolve, reject) => db.close((error) => (error ? reject(error) : resolve())));
  };
  return Object.assign(store, { readable, writable, refusal, close });
}

/** LevelDB says why in its innermost cause. */
const innermost = (error: unknown): string => {
  const { cause, message = error } = Object(error);
  return cause === undefined ? String(message) : innermost(cause);
};
