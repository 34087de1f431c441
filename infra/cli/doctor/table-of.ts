import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { TABLE_NAME } from '../../aws/names.ts';
import { refusalOf } from '../../runtime/access/calls.ts';
import { createServiceChannel } from '../../runtime/functions/service-channel.ts';
import type { Dynamo } from '../../runtime/tables/dynamo.ts';

/** The table as our stores take it, without a connection in between. */
export function tableOf(dynamo: Dynamo): Table {
  const channel = createServiceChannel((message) => {
    if (message.kind !== 'call') return;
    const [, operation = ''] = message.target.split('.');
    void dynamo
      .run(operation, JSON.parse(message.body))
      .then((answer) => ({ status: 200, text: JSON.stringify(answer) }))
      .catch((error: unknown) => refusalOf(operation, error, () => undefined))
      .then((answer) => channel.answered(message.id, answer));
  });
  const nobody = { accessKeyId: 'none', secretAccessKey: 'none' };
  const client = new DynamoDBClient({
    ...channel.settings,
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1',
    credentials: nobody,
    maxAttempts: 1,
  });
  return { client: DynamoDBDocumentClient.from(client), name: TABLE_NAME };
}
