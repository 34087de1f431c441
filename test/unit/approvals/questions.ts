import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, expect } from 'vitest';
import { loadApproval } from '../../../functions/adapters/approval-item.ts';
import { openApprovals } from '../../../functions/adapters/approval-lists.ts';
import { ask } from '../../../functions/adapters/slack/ask.ts';
import { clusterKey } from '../../../functions/adapters/table.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { CardAction } from '../../../schemas/ports/slack.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { ASKED, aConfig, aDecision, minutesAfter, recorder } from './builders.ts';

export const now5 = minutesAfter(ASKED, 5);

/** Questions to humans in a real table; each test starts with none open. */
export function useQuestions() {
  const dynamo = useTable();
  const click = (approval: ApprovalItem, by: string, action: CardAction = 'approve') => ({
    action,
    approvalId: approval.approval_id,
    by,
    responseUrl: 'https://hooks.slack.com/actions/1',
  });

  /** Asks a question as the machine does; each test has its own decision. */
  async function asked({
    question = 'act' as 'act' | 'keep',
    token = 'token-1',
    user = 'olga',
    tier = 3,
    change = {},
  } = {}) {
    const slack = recorder(dynamo.table, change);
    const decision = aDecision({ tier });
    const request = (taskToken: string) =>
      ask(
        slack.edges,
        { decision, question, user, executionArn: 'arn:execution', taskToken },
        aConfig(),
        '#gpu-alerts',
      );
    const approval = await request(token);
    const stored = async () => (await loadApproval(dynamo.table, approval.approval_id)) ?? expect.fail('no approval');
    return { ...slack, decision, approval, request, stored };
  }

  async function auditOf(approval: ApprovalItem): Promise<string[]> {
    const answer = await dynamo.table.client.send(
      new QueryCommand({
        TableName: dynamo.table.name,
        KeyConditionExpression: 'PK = :pk AND begins_with(SK, :audit)',
        ExpressionAttributeValues: { ':pk': approval.PK, ':audit': 'AUDIT#' },
      }),
    );
    return (answer.Items ?? []).map(({ what, who }) => `${who}: ${what}`);
  }

  async function isOpen(approval: ApprovalItem): Promise<boolean> {
    for await (const id of openApprovals(dynamo.table)) if (id === approval.approval_id) return true;
    return false;
  }

  beforeEach(async () => {
    // Each test sweeps only what it opened.
    const { client, name: TableName } = dynamo.table;
    for await (const id of openApprovals(dynamo.table)) {
      await client.send(new DeleteCommand({ TableName, Key: { PK: `APPROVAL#${id}`, SK: 'APPROVAL' } }));
    }
    await client.send(new DeleteCommand({ TableName, Key: { PK: 'APPROVAL#OPEN@west-1', SK: 'DIGEST' } }));
    const item = { PK: clusterKey('west-1'), SK: 'CONFIG', v: 1, config: aConfig(), applied_at: ASKED.toISOString() };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item: item }));
  });
  return { dynamo, asked, click, auditOf, isOpen };
}
