import { busNameOf, type Place } from '../assembly/resources.ts';
import type { Assembly } from '../assembly/specs.ts';
import type { AccessRequest, Context } from './policy.ts';

type Fields = Readonly<Record<string, unknown>>;
/** What a call to an AWS service needs permission for. `service` as in action names, e.g. `dynamodb`. */
export type Needs = (service: string, operation: string, input: unknown) => AccessRequest[];
type Need = readonly [resource: string, context?: Context];

/**
 * Makes the function that says what a call needs: actions, resources and the condition keys of the Service
 * Authorization Reference. A call that cannot be read needs what nobody has.
 */
export function needsOf(
  { machines, secrets, tables }: Assembly,
  { account, region }: Pick<Place, 'account' | 'region'>,
): Needs {
  const arn = (service: string, prefix: string, nameOrArn: unknown) =>
    text(nameOrArn).startsWith('arn:')
      ? text(nameOrArn)
      : `arn:aws:${service}:${region}:${account}:${prefix}${text(nameOrArn)}`;
  /** A token does not say whose it is: who answers one must be allowed to answer every machine that hands them out. */
  const waiting = machines.filter(({ definition }) => JSON.stringify(definition).includes('.waitForTaskToken'));

  /** `asked` is what is asked of one table: of items by their keys, or by a query. */
  const table = (operation: string, name: unknown, asked: Fields, items?: readonly unknown[]): Need => {
    const index = text(asked.IndexName);
    const own = arn('dynamodb', 'table/', name);
    const spec = tables.find((known) => known.arn === own);
    const schema = index === '' ? spec : spec?.globalSecondaryIndexes.find(({ IndexName }) => IndexName === index);
    const keySchema = schema && ('keySchema' in schema ? schema.keySchema : schema.KeySchema);
    const hash = keySchema?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';
    const keys =
      items?.map((item) => keyText(fields(item)[hash])) ??
      (operation === 'Query' ? queriedKeys(asked, hash) : undefined);
    return [
      index === '' ? own : `${own}/index/${index}`,
      {
        ...(keys === undefined ? {} : { 'dynamodb:leadingkeys': keys }),
        ...present('dynamodb:returnvalues', asked.ReturnValues),
      },
    ];
  };

  const services: Readonly<Record<string, (input: Fields, operation: string) => readonly Need[]>> = {
    dynamodb(input, operation) {
      if (operation.startsWith('Batch')) {
        return Object.entries(fields(input.RequestItems)).map(([name, asked]) =>
          table(operation, name, fields(asked), Array.isArray(asked) ? asked.map(batchItem) : list(fields(asked).Keys)),
        );
      }
      const item = input.Key ?? input.Item;
      return [table(operation, input.TableName, input, item === undefined ? undefined : [item])];
    },
    events: (input, operation) =>
      operation !== 'PutEvents'
        ? [['*']]
        : list(input.Entries).map((entry): Need => {
            const { EventBusName, Source, DetailType } = fields(entry);
            const bus = arn('events', 'event-bus/', busNameOf(text(EventBusName) || 'default'));
            return [bus, { ...present('events:source', Source), ...present('events:detail-type', DetailType) }];
          }),
    states(input, operation) {
      const own = text(input.stateMachineArn) || text(input.StateMachineArn) || text(input.executionArn);
      if (own !== '') return [[own]];
      return operation.startsWith('SendTask') && waiting.length > 0 ? waiting.map((one): Need => [one.arn]) : [['*']];
    },
    lambda: ({ FunctionName }) => [[arn('lambda', 'function:', FunctionName)]],
    secretsmanager({ SecretId }) {
      const known = secrets.find(({ name, arn: own }) => name === SecretId || own === SecretId);
      // The six characters are AWS's own; policies allow for them.
      return [[known?.arn ?? arn('secretsmanager', 'secret:', `${text(SecretId)}-000000`)]];
    },
    sqs: ({ QueueUrl }) => [[arn('sqs', '', text(QueueUrl).replace(/^.*\//, ''))]],
  };
  return (service, operation, input) => {
    const needs = services[service]?.(fields(input), operation) ?? [['*']];
    const action = service === 'lambda' ? 'lambda:InvokeFunction' : `${service}:${operation}`;
    return needs.map(([resource, context = {}]) => ({ action, resource, context }));
  };
}

/** The partition keys that a query asks for; one that cannot be found is none that a policy names. */
function queriedKeys(input: Fields, hash: string): readonly string[] {
  const values = fields(input.ExpressionAttributeValues);
  const names = fields(input.ExpressionAttributeNames);
  const equalities = text(input.KeyConditionExpression).matchAll(/(#?[\w.-]+)\s*=\s*(:\w+)/g);
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
  return text(S ?? N ?? B);
}

function present(key: string, value: unknown): Context {
  return value === undefined ? {} : { [key]: [text(value)] };
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
