import { type BatchOperation, create, type Store } from 'dynalite/db/index.js';

/**
 * dynalite's store on LevelDB, made quick and careful.
 * @param path folder to keep it in; null keeps it in memory
 * @param onFailure told when the disk refused a write: it takes no other one then
 */
export function openStore(path: string | null, onFailure: () => void): Store {
  const store = create({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0, ...(path === null ? {} : { path }) });
  closeIterators(store.db);
  readAtOnce(store.db);
  writeTogether(store.db, onFailure);
  rememberTables(store);
  return store;
}

export const closeStore = ({ db }: Store) =>
  new Promise<void>((resolve, reject) => db.close((error) => (error ? reject(error) : resolve())));

/**
 * dynalite 4.0.0 ends its streams by an iterator's `return`, which level's iterators do not have: every query would keep
 * a snapshot open for good, and with it everything that was ever written.
 */
function closeIterators(db: Store['db']): void {
  for (const kind of ['keys', 'values'] as const) {
    const open = db[kind].bind(db);
    db[kind] = (options: unknown) => {
      const iterator = open(options);
      iterator.return = () => iterator.close();
      return iterator;
    };
  }
}

/**
 * Reads in this thread: a row is found in microseconds, and handing the question to another thread and back takes
 * longer than that on a machine with few cores.
 */
function readAtOnce(db: Store['db']): void {
  const getLater = db.get.bind(db);
  db.get = (key, done) => {
    // Level itself asks without `done`, for what came before it was open.
    if (db.status !== 'open' || typeof done !== 'function') return getLater(key, done);
    let found: unknown;
    try {
      found = db.getSync(key);
    } catch {
      // A fault that the other way reports as dynalite expects it.
      return getLater(key, done);
    }
    return queueMicrotask(() => done(null, found));
  };
}

/**
 * All writes of one turn of the event loop in one batch, in their order, and one batch at a time: one trip to the disk's
 * thread serves all requests that were being answered, and nothing is written behind a record of which the disk took a
 * part, since LevelDB would forget it with that record. After such a failure nothing is taken any more.
 */
function writeTogether(db: Store['db'], onFailure: () => void): void {
  interface Write {
    readonly operations: readonly BatchOperation[];
    readonly done: (error: unknown) => void;
  }
  let waiting: Write[] = [];
  let writing = false;
  let refused: unknown;
  const batchLater = db.batch.bind(db);
  const flush = () => {
    const writes = waiting;
    waiting = [];
    batchLater(
      writes.flatMap(({ operations }) => operations),
      (error) => {
        writing = false;
        if (error) {
          refused = error;
          onFailure();
          writes.push(...waiting.splice(0));
        } else if (waiting.length > 0) begin();
        for (const { done } of writes) done(error);
      },
    );
  };
  const begin = () => {
    writing = true;
    setImmediate(flush);
  };
  const add = (operations: readonly BatchOperation[], done: Write['done']) => {
    if (refused) return queueMicrotask(() => done(refused));
    waiting.push({ operations, done });
    if (!writing) begin();
  };
  const putLater = db.put.bind(db);
  const deleteLater = db.del.bind(db);
  const atOnce = (done: unknown) => db.status === 'open' && typeof done === 'function';
  db.put = (key, value, done) => (atOnce(done) ? add([{ type: 'put', key, value }], done) : putLater(key, value, done));
  db.del = (key, done) => (atOnce(done) ? add([{ type: 'del', key }], done) : deleteLater(key, done));
  db.batch = (operations, done) => (atOnce(done) ? add(operations, done) : batchLater(operations, done));
}

const TABLE_PREFIX = 'table~';

/** What describes a table is read with every request and changes hardly ever. */
function rememberTables(store: Store): void {
  const known = new Map<string, unknown>();
  const { db } = store;
  const { put, del } = db;
  // Also once it is written: meanwhile the old one may have been read again.
  const forgetting = (key: string, done: (error: unknown) => void) => {
    if (!key.startsWith(TABLE_PREFIX)) return done;
    known.clear();
    return (error: unknown) => {
      known.clear();
      done(error);
    };
  };
  db.put = (key, value, done) => put(key, value, forgetting(key, done));
  db.del = (key, done) => del(key, forgetting(key, done));
  const getTable = store.getTable;
  store.getTable = (name, checkStatus, done) => {
    // Requests about the table itself change what they read.
    if (typeof checkStatus !== 'function') return getTable(name, checkStatus, done);
    const found = known.get(name);
    if (found !== undefined) return queueMicrotask(() => checkStatus(null, found));
    getTable(name, (error: unknown, table: unknown) => {
      if (!error) known.set(name, table);
      checkStatus(error, table);
    });
  };
}
