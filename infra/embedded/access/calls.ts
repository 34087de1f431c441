import * as z from 'zod';
import { busNameOf } from '../assembly/identity.ts';
import type { Place } from '../assembly/intrinsics.ts';
import type { Assembly, TableSpec } from '../assembly/specs.ts';
import type { Context } from './condition.ts';
import type { AccessRequest } from './policy.ts';

type Fields = Readonly<Record<string, unknown>>;
/** What a call to an AWS service needs permission for. `service` as in action names, e.g. `dynamodb`. */
export type Needs = (service: string, operation: string, input: unknown) => AccessRequest[];

const KeySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const Index = z.object({ IndexName: z.string(), KeySchema });

/** Name of the partition key, of a table and by the name of its indexes. */
function partitionKeys({ keySchema, globalSecondaryIndexes }: TableSpec): ReadonlyMap<string | undefined, string> {
  const hash = (schema: unknown) =>
    KeySchema.parse(schema).find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';
  const indexes = globalSecondaryIndexes.map((index) => Index.parse(index));
  return new Map([[undefined, hash(keySchema)], ...indexes.map((i) => [i.IndexName, hash(i.KeySchema)] as const)]);
}

/**
 * Makes the function that says what a call needs: actions, resources and the condition keys of the Service
 * Authorization Reference. A call that cannot be read needs what nobody has.
 */
export function needsOf(
  { functions, machines, queues, secrets, tables }: Assembly,
  { account, region }: Pick<Place, 'account' | 'region'>,
): Needs {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
  const surroundings: Context = {
    'aws:principalaccount': [account],
    'aws:requestedregion': [region],
    'aws:resourceaccount': [account],
  };
  const need = (action: string, resource: string, context: Context = {}): AccessRequest => ({
    action,
    resource,
    context: { ...surroundings, ...context },
  });
  const keysOfTables = new Map(tables.map((table) => [table.name, partitionKeys(table)]));
  /** A token does not say whose it is: who answers one must be allowed to answer every machine that hands them out. */
  const waiting = machines.filter(({ definition }) => JSON.stringify(definition).includes('.waitForTaskToken'));

  const tableArn = (name: string) => (name.startsWith('arn:') ? name : arn('dynamodb', `table/${name}`));
  const table = (operation: string, name: string, keys: readonly string[] | undefined, input: Fields) => {
    const index = text(input.IndexName);
    return need(`dynamodb:${operation}`, `${tableArn(name)}${index === undefined ? '' : `/index/${index}`}`, {
      ...(keys === undefined ? {} : { 'dynamodb:leadingkeys': keys }),
      ...present('dynamodb:returnvalues', input.ReturnValues),
      ...present('dynamodb:select', input.Select),
    });
  };
  const dynamodb = (operation: string, input: Fields): AccessRequest[] => {
    const keyOf = (name: string) => keysOfTables.get(name.slice(name.lastIndexOf('/') + 1));
    if (operation === 'BatchGetItem' || operation === 'BatchWriteItem') {
      return Object.entries(fields(input.RequestItems)).map(([name, asked]) => {
        const items = operation === 'BatchGetItem' ? list(fields(asked).Keys) : list(asked).map(batchItem);
        const hash = keyOf(name)?.get(undefined) ?? '';
        const keys = items.map((item) => keyText(fields(item)[hash]));
        return table(operation, name, keys, fields(asked));
      });
    }
    const name = text(input.TableName) ?? '';
    const hash = keyOf(name)?.get(text(input.IndexName)) ?? '';
    const item = input.Key ?? input.Item;
    if (item !== undefined) return [table(operation, name, [keyText(fields(item)[hash])], input)];
    return [table(operation, name, operation === 'Query' ? queriedKeys(input, hash) : undefined, input)];
  };

  const events = (operation: string, input: Fields): AccessRequest[] => {
    if (operation !== 'PutEvents') return [need(`events:${operation}`, '*')];
    return list(input.Entries).map((entry) => {
      const { EventBusName, Source, DetailType } = fields(entry);
      return need('events:PutEvents', arn('events', `event-bus/${busNameOf(text(EventBusName) ?? 'default')}`), {
        ...present('events:source', Source),
        ...present('events:detail-type', DetailType),
      });
    });
  };

  const states = (operation: string, input: Fields): AccessRequest[] => {
    const own = [input.stateMachineArn ?? input.StateMachineArn, input.executionArn].map(text).find(Boolean);
    if (own !== undefined) return [need(`states:${operation}`, own)];
    if (!operation.startsWith('SendTask') || waiting.length === 0) return [need(`states:${operation}`, '*')];
    return waiting.map((machine) => need(`states:${operation}`, machine.arn));
  };

  const services: Readonly<Record<string, (operation: string, input: Fields) => AccessRequest[]>> = {
    dynamodb,
    events,
    states,
    lambda(_, input) {
      const name = (text(input.FunctionName) ?? '').replace(/:\$LATEST$/, '');
      const known = functions.find((spec) => spec.name === name || spec.arn === name);
      return [need('lambda:InvokeFunction', known?.arn ?? arn('lambda', `function:${name}`))];
    },
    secretsmanager(operation, input) {
      const id = text(input.SecretId) ?? '';
      const known = secrets.find((secret) => secret.name === id || secret.arn === id);
      // The six characters are AWS's own; policies allow for them.
      return [need(`secretsmanager:${operation}`, known?.arn ?? arn('secretsmanager', `secret:${id}-000000`))];
    },
    sqs(operation, input) {
      const url = text(input.QueueUrl) ?? text(input.QueueName) ?? '';
      const known = queues.find((queue) => queue.url === url || queue.name === url);
      return [need(`sqs:${operation}`, known?.arn ?? arn('sqs', url.slice(url.lastIndexOf('/') + 1)))];
    },
  };
  return (service, operation, input) =>
    services[service]?.(operation, fields(input)) ?? [need(`${service}:${operation}`, '*')];
}

/** The partition keys that a query asks for; one that cannot be found is none that a policy names. */
function queriedKeys(input: Fields, hash: string): readonly string[] {
  const values = fields(input.ExpressionAttributeValues);
  const names = fields(input.ExpressionAttributeNames);
  const equalities = (text(input.KeyConditionExpression) ?? '').matchAll(/(#?[\w.-]+)\s*=\s*(:\w+)/g);
  const keys = [...equalities].flatMap(([, name = '', value = '']) =>
    (name.startsWith('#') ? names[name] : name) === hash ? [keyText(values[value])] : [],
  );
  return keys.length > 0 ? keys : [''];
}

function batchItem(request: unknown): unknown {
  const { PutRequest, DeleteRequest } = fields(request);
  return fields(PutRequest).Item ?? fields(DeleteRequest).Key;
}

/** Text of a key, which DynamoDB sends as `{ S }`, `{ N }` or `{ B }`. */
function keyText(value: unknown): string {
  const { S, N, B } = fields(value);
  return text(S ?? N ?? B) ?? '';
}

function present(key: string, value: unknown): Context {
  const given = text(value);
  return given === undefined ? {} : { [key]: [given] };
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
