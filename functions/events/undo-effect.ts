import * as z from 'zod';
import { EffectStatus } from '../../schemas/effect.ts';
import { UndoRequested } from '../../schemas/events/emitted.ts';
import { schedulerFor } from '../adapters/schedulers/from-settings.ts';
import { ApprovalEnv, approvalEdges } from '../adapters/slack/edges.ts';
import { takeBack } from '../adapters/take-back.ts';
import { task } from '../runtime/task.ts';

/** A person asked to undo what was approved, or what the agent did alone: takes it back, and reads back that it is gone. */
export const handler = task(
  {
    input: z.object({ detail: UndoRequested }),
    output: z.object({ status: EffectStatus.nullable() }),
    env: ApprovalEnv,
  },
  async ({ detail }, invocation) => {
    const effect = await takeBack(approvalEdges(invocation), detail.approvalId, schedulerFor);
    const { clusterId, jobId, approvalId } = detail;
    invocation.log.info('asked to undo', { clusterId, jobId, approvalId, status: effect?.status });
    return { status: effect?.status ?? null };
  },
);
