import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clientSettings } from '../../../../functions/adapters/aws/client.ts';
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

  it('uses the network on AWS, whatever the process holds', () => {
    openChannel();
    expect(clientSettings()).toEqual({});
  });

  it('uses the network on one machine where it has no channel', () => {
    vi.stubGlobal('EMBEDDED_BUILD', true);
    expect(clientSettings()).toEqual({});
  });

  it('is the one of AWS on a channel too: it has every step of a call over a network', () => {
    const onNetwork = new DynamoDBClient({ ...CREDENTIALS, ...clientSettings() });
    vi.stubGlobal('EMBEDDED_BUILD', true);
    openChannel();
    const onChannel = new DynamoDBClient({ ...CREDENTIALS, ...clientSettings() });
    expect(onChannel.middlewareStack.identify()).toEqual(onNetwork.middlewareStack.identify());
  });

  it('calls and fails on a channel as over a network', async () => {
    vi.stubGlobal('EMBEDDED_BUILD', true);
    const targets = openChannel();
    const client = new DynamoDBClient({ ...CREDENTIALS, ...clientSettings() });
    expect((await client.send(get('here'))).Item).toBeUndefined();
    await expect(client.send(get('elsewhere'))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'no such table',
    });
    expect(targets).toEqual(['DynamoDB_20120810.GetItem', 'DynamoDB_20120810.GetItem']);
  });
});
