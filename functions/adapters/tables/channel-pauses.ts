import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { type ChannelPause, ChannelPauseItem } from '../../../schemas/items/approval.ts';
import { parseItem, putItem, type Table } from './table.ts';

const pauseKey = (channel: string) => ({ PK: `APPROVAL#OPEN@${channel}`, SK: 'PAUSE' as const });

/** How long the sweeper skips a channel; null if it never had to. */
export async function loadPause(table: Table, channel: string): Promise<ChannelPause | null> {
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key: pauseKey(channel) }));
  return answer.Item ? parseItem(ChannelPauseItem, answer.Item) : null;
}

export async function savePause(table: Table, channel: string, pause: ChannelPause): Promise<void> {
  await putItem(table, { ...pauseKey(channel), ...pause });
}
