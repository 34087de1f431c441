import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clientSettings, withoutConnection } from '../../../../functions/adapters/aws/client.ts';
import { createServiceChannel } from '../../../../infra/runtime/functions/service-channel.ts';

const CHANNEL = Symbol.for('embedded.aws');
const CREDENTIALS = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };

/** A channel whose services find nothing, but for a table that they do not know. */
function openChannel(): string[] {
  const targets: string[] = [];
  const channel = createServiceChannel((message) => {
    if (message.kind !== 'call') return;
    targets.push(message.target);
    const known = !message.body.includes('elsewhere');
    const text = known ? '{}' : '{"__type":"ResourceNotFoundException","message":"no such table"}';
    queueMicrotask(() => channel.answered(message.id, { status: known ? 200 : 400, text }));
  });
  Reflect.set(globalThis, CHANNEL, channel.settings);
  return targets;
}

const get = (TableName: string) => new GetItemCommand({ TableName, Key: { PK: { S: 'x' } } });

describe('an SDK client of a function', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    Reflect.deleteProperty(globalThis, CHANNEL);
  });

  it('is whole on AWS, whatever the process holds', () => {
    openChannel();
    const client = new DynamoDBClient({ ...CREDENTIALS, ...clientSettings() });
    const before = client.middlewareStack.identify();
    expect(withoutConnection(client).middlewareStack.identify()).toEqual(before);
  });

  it('is whole on one machine where it has no channel', () => {
    vi.stubGlobal('EMBEDDED_BUILD', true);
    const client = new DynamoDBClient({ ...CREDENTIALS, ...clientSettings() });
    const before = client.middlewareStack.identify();
    expect(withoutConnection(client).middlewareStack.identify()).toEqual(before);
  });

  it('does on a channel only what an operation needs: an SDK that names its steps otherwise is noticed here', () => {
    vi.stubGlobal('EMBEDDED_BUILD', true);
    openChannel();
    for (const Client of [DynamoDBClient, EventBridgeClient]) {
      const left = withoutConnection(new Client({ ...CREDENTIALS, ...clientSettings() })).middlewareStack.identify();
      expect(left).toEqual(
        ['serializer', 'retry', 'deserializer'].map((step) => expect.stringMatching(`^${step}Middleware - `)),
      );
    }
  });

  it('calls and fails on a channel as over a network', async () => {
    vi.stubGlobal('EMBEDDED_BUILD', true);
    const targets = openChannel();
    const client = withoutConnection(new DynamoDBClient({ ...CREDENTIALS, ...clientSettings() }));
    expect((await client.send(get('here'))).Item).toBeUndefined();
    await expect(client.send(get('elsewhere'))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'no such table',
    });
    expect(targets).toEqual(['DynamoDB_20120810.GetItem', 'DynamoDB_20120810.GetItem']);
  });
});
