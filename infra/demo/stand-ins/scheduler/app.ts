import { Hono } from 'hono';
import { EffectRequest, UndoRequest } from '../../../../schemas/ports/scheduler.ts';
import { ActionRefused, type RefusalKind } from '../../simulator/actions.ts';
import type { SimulatedCluster } from '../../simulator/cluster.ts';
import { requireBearer } from '../vgac/bearer.ts';

const STATUS = { unknown: 404, late: 409, impossible: 422 } as const satisfies Record<RefusalKind, number>;

/** The clusters that can be acted on, by id. */
type Clusters = ReadonlyMap<string, Pick<SimulatedCluster, 'actions' | 'job'>>;

/**
 * The simulated clusters' scheduler endpoint: effects are stored under their decision id, so that a lost response can
 * be looked up and a repeated request acts once.
 * @param options `key` must be sent as Bearer
 */
export function createSchedulerStandIn(clusters: Clusters, options: { key: string }): Hono {
  const app = new Hono();
  app.use('*', requireBearer(options.key));
  app.get('/clusters/:clusterId/effects', (context) => {
    const cluster = clusters.get(context.req.param('clusterId'));
    if (!cluster) return context.json({ detail: 'unknown cluster' }, 404);
    return context.json({ effect: cluster.actions.find(context.req.query('decision_id') ?? ''), keyed: true });
  });
  app.post('/clusters/:clusterId/effects', async (context) => {
    const cluster = clusters.get(context.req.param('clusterId'));
    if (!cluster) return context.json({ detail: 'unknown cluster' }, 404);
    const request = EffectRequest.safeParse(await context.req.json().catch(() => null));
    if (!request.success) return context.json({ detail: 'not an action' }, 400);
    return context.json({ effect: cluster.actions.apply(request.data) });
  });
  app.post('/clusters/:clusterId/effects/undo', async (context) => {
    const cluster = clusters.get(context.req.param('clusterId'));
    if (!cluster) return context.json({ detail: 'unknown cluster' }, 404);
    const request = UndoRequest.safeParse(await context.req.json().catch(() => null));
    if (!request.success) return context.json({ detail: 'decisionId is required' }, 400);
    return context.json({ effect: cluster.actions.undo(request.data.decisionId) });
  });
  app.get('/clusters/:clusterId/jobs', (context) => {
    const job = clusters.get(context.req.param('clusterId'))?.job(context.req.query('job_id') ?? '');
    if (!job) return context.json({ detail: 'unknown job' }, 404);
    const { queue, priority, held, state, notes } = job;
    return context.json({ jobId: job.arrival.jobId, queue, priority, held, state, notes });
  });
  app.onError((error, context) => {
    if (error instanceof ActionRefused) return context.json({ detail: error.message }, STATUS[error.kind]);
    throw error;
  });
  app.notFound((context) => context.json({ detail: 'not found' }, 404));
  return app;
}
