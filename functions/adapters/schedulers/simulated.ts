import type * as z from 'zod';
import { EffectAnswer, EffectLookup, type PlacedEffect, SchedulerJob } from '../../../schemas/ports/scheduler.ts';
import { intentOf } from '../../application/decisions/intent.ts';
import type { Scheduler } from '../../application/decisions/scheduler.ts';
import type { JsonClient } from '../http/json-client.ts';

/**
 * Acts on the simulated cluster through its scheduler endpoint, which says itself whether it keeps effects by decision.
 * Effects are sent once and never retried here: a lost response is resolved with `find`, not with a second request.
 */
export function simulatedScheduler(call: JsonClient, clusterId: string): Scheduler {
  const effects = `/clusters/${encodeURIComponent(clusterId)}/effects`;
  return {
    touches: true,
    async find(decisionId) {
      const query = { decision_id: decisionId };
      return call({ method: 'GET', path: effects, query, answer: EffectLookup });
    },
    async apply(args, decisionId) {
      const intent = intentOf(args);
      const body = { decisionId, jobId: args.jobId, ...intent };
      return (await call({ method: 'POST', path: effects, body, answer: EffectAnswer, repeatable: false })).effect;
    },
    async readBack(placed) {
      const path = `/clusters/${encodeURIComponent(clusterId)}/jobs`;
      const job = await call({ method: 'GET', path, query: { job_id: placed.jobId }, answer: SchedulerJob });
      return inPlace(placed, job) === placed.undone ? 'different' : 'asIntended';
    },
    async undo(placed) {
      const path = `${effects}/undo`;
      const body = { decisionId: placed.decisionId };
      // Safe to repeat: for an effect that is already undone the endpoint returns the effect.
      return (await call({ method: 'POST', path, body, answer: EffectAnswer })).effect;
    },
  };
}

function inPlace(placed: PlacedEffect, job: z.infer<typeof SchedulerJob>): boolean {
  switch (placed.action) {
    case 'requeue':
      return job.queue === placed.target;
    case 'adjust-priority':
      return job.priority === (placed.before.priority ?? 0) + Number(placed.target);
    case 'hold':
      return job.held;
    default:
      return job.notes.some(({ decisionId }) => decisionId === placed.decisionId);
  }
}
