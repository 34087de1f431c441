import { DeleteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, expect } from 'vitest';
import { loadApproval } from '../../../../functions/adapters/tables/approval-item.ts';
import { openApprovals } from '../../../../functions/adapters/tables/approval-lists.ts';
import { clusterKey, jobKey, putItem } from '../../../../functions/adapters/tables/table.ts';
import { requestApproval } from '../../../../functions/application/approvals/request-approval.ts';
import type { Decision } from '../../../../schemas/decision.ts';
import type { ApprovalItem } from '../../../../schemas/items/approval.ts';
import type { CardAction } from '../../../../schemas/ports/slack.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { ASKED, aConfig, aDecision, aHold, minutesAfter, recorder, requeue } from './builders.ts';

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
    about = {} as Partial<Decision>,
    config = {},
  } = {}) {
    const slack = recorder(dynamo.table, change);
    const asks = tier === 4 ? { tier, ...requeue({ action: 'hold', target: undefined }) } : { tier, ...requeue() };
    const decision = question === 'keep' ? aHold(about) : aDecision({ asks, ...about });
    const job = { user, queue: 'gpu-long', request: { gpus: 4 } };
    const request = (taskToken: string, when = ASKED) =>
      requestApproval(
        slack.at(when),
        { decision, question, job, executionArn: 'arn:execution', taskToken },
        aConfig(config),
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
    const stale = [
      { PK: 'APPROVAL#OPEN@#gpu-alerts', SK: 'DIGEST' },
      { PK: 'APPROVAL#OPEN@#gpu-alerts', SK: 'PAUSE' },
      { PK: clusterKey('west-1'), SK: 'ASKING' },
      jobKey(aDecision()),
    ];
    for (const Key of stale) await client.send(new DeleteCommand({ TableName, Key }));
    const item = { PK: clusterKey('west-1'), SK: 'CONFIG', config: aConfig(), applied_at: ASKED.toISOString() };
    await putItem(dynamo.table, item);
  });
  return { dynamo, asked, click, auditOf, isOpen };
}
