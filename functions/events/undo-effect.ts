import * as z from 'zod';
import { EffectStatus } from '../../schemas/effect.ts';
import { UndoRequested } from '../../schemas/events/emitted.ts';
import { ApprovalSettings, approvalPorts } from '../adapters/messages/approval-ports.ts';
import { schedulerFor } from '../adapters/schedulers/from-settings.ts';
import { takeBackStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { takeBack } from '../application/approvals/take-back.ts';
import { task } from '../runtime/task.ts';

/** Undoes an approved or autonomous effect at a person's request, and verifies that it is gone. */
export const handler = task(
  {
    input: z.object({ detail: UndoRequested }),
    output: z.object({ status: EffectStatus.nullable() }),
    env: ApprovalSettings,
  },
  async ({ detail }, invocation) => {
    const store = takeBackStore(table(invocation.env.DYNAMODB_TABLE_NAME));
    const effect = await takeBack(approvalPorts(invocation, store), detail.approvalId, schedulerFor);
    const { clusterId, jobId, approvalId } = detail;
    invocation.log.info('asked to undo', { clusterId, jobId, approvalId, status: effect?.status });
    return { status: effect?.status ?? null };
  },
);
