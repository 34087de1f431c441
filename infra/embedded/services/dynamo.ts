import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Store } from 'dynalite/db/index.js';
import { checkTypes, checkValidations } from 'dynalite/validations/index.js';
import * as z from 'zod';
import type { TableSpec } from '../assembly/specs.ts';
import { AwsError } from '../wire/aws-error.ts';
import { rememberExpressions } from './expressions.ts';
import { closeStore, openStore } from './store.ts';

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

const RETRY_MS = 1000;
/** What LevelDB may have to write before it is open: what it had in memory. */
const ROOM_BYTES = 4 * 2 ** 20;
const PARSERS = ['conditionParser', 'updateParser', 'projectionParser'];
/** dynalite's parsers are one per process, however many tables are open. */
let expressionsAreRemembered = false;

export interface Dynamo {
  readonly operations: readonly DynamoOperation[];
  /** Runs one operation of the DynamoDB API. @throws AwsError as DynamoDB would */
  run(operation: DynamoOperation, input: unknown): Promise<unknown>;
  /** Resolves when the disk takes writes, or is not known to refuse them. */
  writable(): Promise<void>;
  /** Creates the table unless the data folder has it. @throws TableChanged */
  ensureTable(spec: TableSpec): Promise<void>;
  close(): Promise<void>;
}

/**
 * DynamoDB by dynalite: its actions, called in this process.
 * LevelDB takes nothing any more after a write that the disk refused, however much space there is later: the tables are
 * opened again then.
 * @param path folder to keep the tables in; null keeps them in memory
 * @param later runs `retry` after a while, when the disk had no room
 */
export function openDynamo(
  path: string | null,
  later = (retry: () => void): void => void setTimeout(retry, RETRY_MS),
): Dynamo {
  const require = createRequire(import.meta.url);
  let failed = false;
  const open = () =>
    openStore(path, () => {
      failed = true;
    });
  let store = open();
  let reopening: Promise<void> | undefined;
  let mending: Promise<void> | undefined;
  const reopen = async (): Promise<void> => {
    // Until there is room, what is there can still be read.
    const probe = join(path ?? '', 'probe');
    writeFileSync(probe, Buffer.alloc(ROOM_BYTES));
    rmSync(probe);
    await closeStore(store);
    store = open();
    await store.db.open();
    failed = false;
  };
  const mend = async (): Promise<void> => {
    while (failed) {
      reopening = reopen();
      await reopening.catch(() => new Promise<void>((resolve) => later(resolve)));
    }
  };
  const writable = async (): Promise<void> => {
    if (!failed) return;
    mending ??= mend().finally(() => {
      mending = undefined;
    });
    await mending;
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
      void writable();
      await reopening?.catch(() => undefined);
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
    // Why it cannot be opened is told here, and by nothing that is asked of it later.
    await store.db.open();
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

  return { operations: OPERATIONS, run, ensureTable, writable, close: () => closeStore(store) };
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
