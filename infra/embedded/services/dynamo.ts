import { createRequire } from 'node:module';
import { type BatchOperation, create, type Store } from 'dynalite/db/index.js';
import { checkTypes, checkValidations } from 'dynalite/validations/index.js';
import * as z from 'zod';
import type { TableSpec } from '../assembly/specs.ts';
import { AwsError } from '../wire/aws-error.ts';
import { rememberExpressions } from './expressions.ts';

const OPERATIONS = [
  ...[
    'BatchGetItem',
    'BatchWriteItem',
    'CreateTable',
    'DeleteItem',
    'DeleteTable',
    'DescribeTable',
    'DescribeTimeToLive',
  ],
  ...['GetItem', 'ListTables', 'PutItem', 'Query', 'Scan', 'UpdateItem', 'UpdateTable'],
] as const;
export type DynamoOperation = (typeof OPERATIONS)[number];

type Action = (store: Store, data: object, done: (error: unknown, result: unknown) => void) => void;

interface Loaded {
  readonly action: Action;
  readonly types: object;
  readonly custom: unknown;
}

const Refusal = z.object({
  statusCode: z.number(),
  body: z.looseObject({ __type: z.string(), message: z.string().optional(), Message: z.string().optional() }),
});
/** Any object: what is in it is checked by dynalite. */
const Fields = z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const Described = z.object({
  Table: z.object({
    TableStatus: z.string(),
    KeySchema: z.unknown(),
    GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string(), KeySchema: z.unknown() })).default([]),
  }),
});

/** A table of the data folder has other keys or indexes than the assembly asks for. */
export class TableChanged extends Error {
  override readonly name = 'TableChanged' as const;
}

const PARSERS = ['conditionParser', 'updateParser', 'projectionParser'];
/** dynalite's parsers are one per process, however many tables are open. */
let expressionsAreRemembered = false;

export interface Dynamo {
  readonly operations: readonly DynamoOperation[];
  /** Runs one operation of the DynamoDB API. @throws AwsError as DynamoDB would */
  run(operation: DynamoOperation, input: unknown): Promise<unknown>;
  /** Creates the table unless the data folder has it. @throws TableChanged */
  ensureTable(spec: TableSpec): Promise<void>;
  close(): Promise<void>;
}

/**
 * DynamoDB by dynalite: its actions, called in this process.
 * @param path folder to keep the tables in; null keeps them in memory
 */
export function openDynamo(path: string | null): Dynamo {
  const require = createRequire(import.meta.url);
  let failed = false;
  const openStore = (): Store => {
    const opened = create({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0, ...(path === null ? {} : { path }) });
    closeIterators(opened.db);
    readAtOnce(opened.db);
    writeTogether(opened.db, () => {
      failed = true;
    });
    rememberTables(opened);
    return opened;
  };
  let store = openStore();
  let reopening: Promise<void> | undefined;
  /** LevelDB takes nothing any more after a write that the disk refused, however much space there is later. */
  const reopen = async (): Promise<void> => {
    await closeStore(store);
    store = openStore();
    await store.db.open();
    failed = false;
  };
  if (!expressionsAreRemembered) for (const name of PARSERS) rememberExpressions(require(`dynalite/db/${name}.js`));
  expressionsAreRemembered = true;
  const actions = new Map<DynamoOperation, Loaded>();

  const load = (operation: DynamoOperation): Loaded => {
    const file = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}.js`;
    const loaded = { action: require(`dynalite/actions/${file}`), ...require(`dynalite/validations/${file}`) };
    actions.set(operation, loaded);
    return loaded;
  };
  const run = async (operation: DynamoOperation, input: unknown): Promise<unknown> => {
    if (failed) {
      reopening ??= reopen().finally(() => {
        reopening = undefined;
      });
      await reopening.catch((cause: unknown) => {
        throw new AwsError('InternalServerError', 'the tables cannot be written, the disk may be full', 500, { cause });
      });
    }
    const { action, types, custom } = actions.get(operation) ?? load(operation);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(asAwsError(error));
      try {
        refuseUnknown(operation, input, types);
        const data = checkTypes(input, types);
        checkValidations(data, types, custom, store);
        action(store, data, (error, result) => (error ? fail(error) : resolve(result)));
      } catch (error) {
        fail(error);
      }
    });
  };
  const describe = async (name: string) => Described.parse(await run('DescribeTable', { TableName: name })).Table;

  const ensureTable = async (spec: TableSpec): Promise<void> => {
    const existing = await describe(spec.name).catch((error: unknown) => {
      if (error instanceof AwsError && error.type === 'ResourceNotFoundException') return null;
      throw error;
    });
    const indexes = (list: readonly unknown[]) =>
      z
        .array(z.object({ IndexName: z.string(), KeySchema: z.unknown() }))
        .parse(list)
        .sort((a, b) => (a.IndexName < b.IndexName ? -1 : 1));
    if (existing !== null && existing.TableStatus === 'ACTIVE') {
      const found = JSON.stringify([existing.KeySchema, indexes(existing.GlobalSecondaryIndexes)]);
      if (found === JSON.stringify([spec.keySchema, indexes(spec.globalSecondaryIndexes)])) return;
      throw new TableChanged(`table ${spec.name} was kept with other keys or indexes: start with a fresh data folder`);
    }
    // Left half made by a crash while it was created: nothing can be in it.
    if (existing !== null) await run('DeleteTable', { TableName: spec.name });
    await run('CreateTable', {
      TableName: spec.name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: spec.keySchema,
      AttributeDefinitions: spec.attributeDefinitions,
      ...(spec.globalSecondaryIndexes.length > 0 ? { GlobalSecondaryIndexes: spec.globalSecondaryIndexes } : {}),
    });
    while ((await describe(spec.name)).TableStatus !== 'ACTIVE') await new Promise(setImmediate);
  };

  return { operations: OPERATIONS, run, ensureTable, close: () => closeStore(store) };
}

const closeStore = ({ db }: Store) =>
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
 * Puts and deletes of one turn of the event loop in one batch, in their order: one trip to the disk's thread serves all
 * requests that were being answered.
 */
function writeTogether(db: Store['db'], onFailure: () => void): void {
  let waiting: { operation: BatchOperation; done: (error: unknown) => void }[] = [];
  const flush = () => {
    const writes = waiting;
    waiting = [];
    db.batch(
      writes.map(({ operation }) => operation),
      (error) => {
        if (error) onFailure();
        for (const { done } of writes) done(error);
      },
    );
  };
  const add = (operation: BatchOperation, done: (error: unknown) => void) => {
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({ operation, done });
  };
  const putLater = db.put.bind(db);
  const deleteLater = db.del.bind(db);
  const atOnce = (done: unknown) => db.status === 'open' && typeof done === 'function';
  db.put = (key, value, done) => (atOnce(done) ? add({ type: 'put', key, value }, done) : putLater(key, value, done));
  db.del = (key, done) => (atOnce(done) ? add({ type: 'del', key }, done) : deleteLater(key, done));
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

/** dynalite drops what it does not know, which could turn a guarded write into an unguarded one. */
function refuseUnknown(operation: string, input: unknown, types: object): void {
  const unknown = Object.keys(Fields.parse(input)).filter((key) => !Object.hasOwn(types, key));
  if (unknown.length > 0) {
    throw new AwsError(
      'ValidationException',
      `${operation} with ${unknown.join(', ')} is not supported on one machine`,
    );
  }
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  const refusal = Refusal.safeParse(error);
  if (!refusal.success) return new AwsError('InternalServerError', 'dynalite failed', 500, { cause: error });
  const { __type, message, Message, ...rest } = refusal.data.body;
  const type = __type.slice(__type.indexOf('#') + 1);
  return new AwsError(type, message ?? Message ?? '', refusal.data.statusCode, { extra: rest });
}
