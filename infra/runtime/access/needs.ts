import type { AccessRequest, Context } from '../assembly/policy.ts';
import { arn, busNameOf, type Place } from '../assembly/resources.ts';
import type { Assembly } from '../assembly/specs.ts';

type Fields = Readonly<Record<string, unknown>>;
type Need = readonly [resource: string, context?: Context];

/**
 * Returns a function that lists the permissions a call to an AWS service needs: action, resource and the condition keys
 * of the Service Authorization Reference. `service` is as in action names, e.g. `dynamodb`. A call that cannot be
 * interpreted needs a permission that nobody has.
 */
export function needsOf({ machines, secrets, tables }: Assembly, place: Place) {
  const arnOf = (service: string, prefix: string, nameOrArn: unknown) => {
    const given = text(nameOrArn);
    return given.startsWith('arn:') ? given : arn(service, prefix)(given, place);
  };
  /**
   * A task token does not say which machine issued it: its sender must be allowed to answer every machine that issues
   * tokens.
   */
  const tokenIssuers = machines
    .filter(({ definition }) => JSON.stringify(definition).includes('.waitForTaskToken'))
    .map((machine): Need => [machine.arn]);

  /** Keys of tables and their indexes. */
  const schemas = new Map(tables.map((spec) => [spec.arn, spec.KeySchema]));
  for (const { arn: own, GlobalSecondaryIndexes = [] } of tables) {
    for (const { IndexName, KeySchema } of GlobalSecondaryIndexes) schemas.set(`${own}/index/${IndexName}`, KeySchema);
  }
  /** `request` is the part of the call about one table: items by their keys, or a query. */
  const table = (operation: string, name: unknown, request: Fields, items?: readonly unknown[]): Need => {
    const index = text(request.IndexName);
    const resource = `${arnOf('dynamodb', 'table/', name)}${index === '' ? '' : `/index/${index}`}`;
    const hash = schemas.get(resource)?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';
    const keys = operation === 'Query' ? queriedKeys(request, hash) : items?.map((item) => keyText(fields(item)[hash]));
    const context = present('dynamodb:returnvalues', request.ReturnValues);
    return [resource, keys === undefined ? context : { ...context, 'dynamodb:leadingkeys': keys }];
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
            const bus = arnOf('events', 'event-bus/', busNameOf(text(EventBusName) || 'default'));
            return [bus, { ...present('events:source', Source), ...present('events:detail-type', DetailType) }];
          }),
    states(input, operation) {
      const own = text(input.stateMachineArn) || text(input.StateMachineArn) || text(input.executionArn);
      if (own !== '') return [[own]];
      return operation.startsWith('SendTask') && tokenIssuers.length > 0 ? tokenIssuers : [['*']];
    },
    lambda: ({ FunctionName }) => [[arnOf('lambda', 'function:', FunctionName)]],
    secretsmanager({ SecretId }) {
      const known = secrets.find((secret) => secret.name === SecretId || secret.arn === SecretId);
      // AWS appends six random characters; policies allow for them.
      return [[known?.arn ?? arnOf('secretsmanager', 'secret:', `${text(SecretId)}-000000`)]];
    },
    sqs: ({ QueueUrl }) => [[arnOf('sqs', '', text(QueueUrl).replace(/^.*\//, ''))]],
  };
  const needed = (service: string, operation: string, input: unknown): AccessRequest[] => {
    const action = service === 'lambda' ? 'lambda:InvokeFunction' : `${service}:${operation}`;
    const needs = services[service]?.(fields(input), operation) ?? [['*']];
    return needs.map(([resource, context = {}]) => ({ action, resource, context }));
  };
  return (service: string, operation: string, input: unknown): AccessRequest[] => {
    const parts = service === 'dynamodb' ? partsOf(fields(input).TransactItems) : [];
    if (parts.length === 0) return needed(service, operation, input);
    return parts.flatMap(([part, asked]) => needed(service, TRANSACTED.get(part) ?? operation, asked));
  };
}

/** AWS asks for the permission of each part of a transaction, as if it came alone. */
const TRANSACTED = new Map([
  ['Get', 'GetItem'],
  ['Put', 'PutItem'],
  ['Update', 'UpdateItem'],
  ['Delete', 'DeleteItem'],
  ['ConditionCheck', 'ConditionCheckItem'],
]);
const partsOf = (items: unknown) => list(items).flatMap((item) => Object.entries(fields(item)));

/** The partition keys of a query; a key that cannot be determined becomes an empty one, which no policy names. */
function queriedKeys(input: Fields, hash: string): readonly string[] {
  const [names, values] = [fields(input.ExpressionAttributeNames), fields(input.ExpressionAttributeValues)];
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

const present = (key: string, value: unknown): Context => (value === undefined ? {} : { [key]: [text(value)] });
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
