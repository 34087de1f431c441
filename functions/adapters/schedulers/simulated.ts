import * as z from 'zod';
import type { JsonClient } from '../http/json-client.ts';
import { intentOf } from './intent.ts';
import { PlacedEffect, type Scheduler } from './scheduler.ts';

const Lookup = z.object({ effect: PlacedEffect.nullable() });
const Placed = z.object({ effect: PlacedEffect });
const JobView = z.object({
  jobId: z.string(),
  queue: z.string(),
  priority: z.number(),
  held: z.boolean(),
  notes: z.array(z.object({ decisionId: z.string(), text: z.string() })),
});

/**
 * Acts on the simulated cluster through its scheduler endpoint, which keeps every effect under its decision id.
 * Placing is sent once and never repeated here: a lost answer is settled by `find`, not by a second request.
 */
export function simulatedScheduler(call: JsonClient, clusterId: string): Scheduler {
  const effects = `/clusters/${encodeURIComponent(clusterId)}/effects`;
  return {
    touches: true,
    async find(decisionId) {
      const query = { decision_id: decisionId };
      return (await call({ method: 'GET', path: effects, query, answer: Lookup })).effect;
    },
    async apply(args, decisionId) {
      const intent = intentOf(args);
      const body = { decisionId, jobId: args.jobId, ...intent };
      return (await call({ method: 'POST', path: effects, body, answer: Placed, repeatable: false })).effect;
    },
    async readBack(placed) {
      const path = `/clusters/${encodeURIComponent(clusterId)}/jobs`;
      const job = await call({ method: 'GET', path, query: { job_id: placed.jobId }, answer: JobView });
      return inPlace(placed, job) === placed.undone ? 'different' : 'asIntended';
    },
    async undo(placed) {
      const path = `${effects}/undo`;
      const body = { decisionId: placed.decisionId };
      // Repeatable: the endpoint answers an effect that is already undone with the effect.
      return (await call({ method: 'POST', path, body, answer: Placed })).effect;
    },
  };
}

function inPlace(placed: PlacedEffect, job: z.infer<typeof JobView>): boolean {
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
