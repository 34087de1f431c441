import { createServer } from 'node:http';
import * as z from 'zod';
import { EffectRequest, type PlacedEffect, UndoRequest } from '../../../schemas/ports/scheduler.ts';

export type Asked = z.infer<typeof EffectRequest>;

/** What is outside of the system and is not killed: a VGAC, a scheduler that remembers, a Slack with cards. */
export interface World {
  readonly url: string;
  /** What was asked for, by the name that a scheduler keeps it under: functions/domain/subject.ts. */
  readonly effects: ReadonlyMap<string, Asked>;
  /** Effects that were asked for although they were there: nobody had looked. */
  readonly repeated: readonly string[];
  /** Effects that were taken back. */
  readonly undone: ReadonlySet<string>;
  /** Approvals that a card with an Approve button was posted for. */
  readonly cards: ReadonlySet<string>;
  /** Approvals that a modal which asks why they are denied was opened for. */
  readonly modals: ReadonlySet<string>;
  close(): void;
}

const Port = z.object({ port: z.number() });
/** P(wait > T) of a job; its number says which. */
export const risk = (jobId: string) => (/[05]$/.test(jobId) ? 0.02 : 0.97);

export async function startWorld(): Promise<World> {
  const effects = new Map<string, { asked: Asked; effect: PlacedEffect }>();
  const repeated: string[] = [];
  const undone = new Set<string>();
  const cards = new Set<string>();
  const modals = new Set<string>();
  let messages = 0;

  const place = (body: string): unknown => {
    const asked = EffectRequest.parse(JSON.parse(body));
    const { decisionId, jobId, action } = asked;
    const known = effects.get(decisionId);
    if (known !== undefined) {
      repeated.push(decisionId);
      return { effect: known.effect };
    }
    const target = asked.action === 'adjust-priority' ? { target: `+${asked.delta}`, before: { priority: 0 } } : {};
    const effect = { decisionId, action, jobId, before: {}, undone: false, ...target };
    effects.set(decisionId, { asked, effect });
    return { effect };
  };
  const takeBack = (body: string): unknown => {
    const { decisionId } = UndoRequest.parse(JSON.parse(body));
    const known = effects.get(decisionId);
    if (known === undefined) return null;
    undone.add(decisionId);
    known.effect.undone = true;
    return { effect: known.effect };
  };
  const jobOf = (jobId: string) => {
    const placed = [...effects.values()].filter(({ effect }) => effect.jobId === jobId && !effect.undone);
    const own = placed.map(({ asked }) => asked);
    const notes = own.flatMap((asked) => ('text' in asked ? [{ decisionId: asked.decisionId, text: asked.text }] : []));
    const priority = own.reduce((sum, asked) => sum + ('delta' in asked ? asked.delta : 0), 0);
    return { jobId, queue: 'gpu', priority, held: false, state: 'pending', notes };
  };
  const slack = (method: string, body: string): unknown => {
    if (method === 'views.open') {
      modals.add(Opened.parse(JSON.parse(body)).view.private_metadata);
      return { ok: true };
    }
    for (const [, id] of body.matchAll(/"action_id":"approve".*?"value":"([^"]+)"/g)) {
      if (id !== undefined) cards.add(id);
    }
    messages += 1;
    return { ok: true, channel: 'C0ALERTS1', ts: `1700000000.${String(messages).padStart(6, '0')}` };
  };
  const look = (url: URL): unknown => {
    const asked = (name: string) => url.searchParams.get(name) ?? '';
    if (url.pathname.endsWith('/effects')) return { effect: effects.get(asked('decision_id'))?.effect ?? null };
    if (url.pathname.endsWith('/jobs')) return jobOf(asked('job_id'));
    return VGAC[url.pathname]?.(asked('cluster_id')) ?? null;
  };
  const answerTo = (url: URL, method: string | undefined, body: string): unknown => {
    if (url.pathname === '/api/v1/predict/score') return score(body);
    if (url.pathname.startsWith('/slack/')) return slack(url.pathname.slice('/slack/'.length), body);
    if (url.pathname.endsWith('/effects/undo')) return takeBack(body);
    return method === 'POST' && url.pathname.endsWith('/effects') ? place(body) : look(url);
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const answer = answerTo(new URL(request.url ?? '/', 'http://localhost'), request.method, body);
    response.writeHead(answer === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${Port.parse(server.address()).port}`,
    get effects() {
      return new Map([...effects].map(([id, { asked }]) => [id, asked]));
    },
    ...{ repeated, undone, cards, modals },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const Opened = z.object({ view: z.object({ private_metadata: z.string() }) });
const Question = z.object({ job_id: z.string() });

function score(body: string): unknown {
  const p = risk(Question.parse(JSON.parse(body)).job_id);
  return { wait_time_seconds: p > 0.5 ? 700 : 10, confidence: 0.9, risk_score: p, calibration_score: 0.9 };
}

const VGAC: Readonly<Record<string, (clusterId: string) => unknown>> = {
  '/api/v1/cluster/state': (cluster_id) => ({
    ...{ cluster_id, platform: 'slurm', queue_depth: 10, gpu_utilization: 0.8, gpu_memory_used: 0.5 },
    ...{ active_jobs: 40, pending_jobs: 10 },
  }),
  '/api/v1/jobs/calibration': () => ({
    ...{ ece: 0.02, brier_score: 0.1, sample_count: 1000, last_recalibration: null, recalibration_needed: false },
  }),
};
