import { createServer } from 'node:http';
import * as z from 'zod';
import { EffectRequest, type PlacedEffect } from '../../../schemas/ports/scheduler.ts';

/** What is outside of the system and is not killed: a VGAC that foresees long waits, and a scheduler that remembers. */
export interface World {
  readonly url: string;
  /** By decision. */
  readonly effects: ReadonlyMap<string, PlacedEffect>;
  /** Decisions whose effect was asked for although it was there: nobody had looked. */
  readonly repeated: readonly string[];
  close(): void;
}

const Port = z.object({ port: z.number() });

export async function startWorld(): Promise<World> {
  const effects = new Map<string, PlacedEffect>();
  const notes = new Map<string, { decisionId: string; text: string }[]>();
  const repeated: string[] = [];
  const place = (body: string): unknown => {
    const request = EffectRequest.parse(JSON.parse(body));
    const { decisionId, jobId, action } = request;
    const known = effects.get(decisionId);
    if (known !== undefined) {
      repeated.push(decisionId);
      return { effect: known };
    }
    const effect = { decisionId, action, jobId, before: {}, undone: false };
    effects.set(decisionId, effect);
    if ('text' in request) notes.set(jobId, [...(notes.get(jobId) ?? []), { decisionId, text: request.text }]);
    return { effect };
  };
  const look = (url: URL): unknown => {
    const asked = (name: string) => url.searchParams.get(name) ?? '';
    if (url.pathname.endsWith('/effects')) return { effect: effects.get(asked('decision_id')) ?? null };
    if (url.pathname.endsWith('/jobs')) {
      const jobId = asked('job_id');
      return { jobId, queue: 'gpu', priority: 0, held: false, state: 'pending', notes: notes.get(jobId) ?? [] };
    }
    return VGAC[url.pathname]?.(asked('cluster_id')) ?? null;
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const placing = request.method === 'POST' && url.pathname.endsWith('/effects');
    const answer = placing ? place(body) : look(url);
    response.writeHead(answer === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...{ url: `http://127.0.0.1:${Port.parse(server.address()).port}`, effects, repeated },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const VGAC: Readonly<Record<string, (clusterId: string) => unknown>> = {
  '/api/v1/predict/score': () => ({
    ...{ wait_time_seconds: 700, confidence: 0.9, risk_score: 0.97, calibration_score: 0.9 },
  }),
  '/api/v1/cluster/state': (cluster_id) => ({
    ...{ cluster_id, platform: 'slurm', queue_depth: 10, gpu_utilization: 0.8, gpu_memory_used: 0.5 },
    ...{ active_jobs: 40, pending_jobs: 10 },
  }),
  '/api/v1/jobs/calibration': () => ({
    ...{ ece: 0.02, brier_score: 0.1, sample_count: 1000, last_recalibration: null, recalibration_needed: false },
  }),
};
