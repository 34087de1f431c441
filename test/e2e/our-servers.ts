import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const SIGNING = 'a signing secret of our own';

const text = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
};

/** A server of our own on a free port; `undefined` is answered with 404. */
export async function listen(
  answer: (path: string, body: string, request: IncomingMessage) => unknown,
): Promise<{ server: Server; url: string }> {
  const server = createServer(async (request, response) => {
    const said = answer(request.url ?? '/', await text(request), request);
    response.writeHead(said === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(said ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A VGAC that is sure of a long wait, on both of its wire formats. */
export const vgacAnswer = (path: string) => {
  if (path.startsWith('/api/v1/predict/score')) {
    return { wait_time_seconds: 1_800, confidence: 0.9, risk_score: 0.85, calibration_score: 0.9 };
  }
  if (path.startsWith('/api/v1/cluster/state')) {
    const cluster_id = new URL(path, 'http://x').searchParams.get('cluster_id');
    const counts = { queue_depth: 9, gpu_utilization: 93, gpu_memory_used: 80, active_jobs: 40, pending_jobs: 9 };
    return { cluster_id, platform: 'slurm', ...counts };
  }
  if (path.startsWith('/api/predict/wait')) {
    const said = { probability_long_wait: 0.85, estimated_wait_seconds: 1_800, wait_category: 'long', confidence: 0.9 };
    return { ...said, is_calibrated: true, latency_us: 90 };
  }
  if (path.startsWith('/api/cluster/summary')) {
    const nodes = { total_nodes: 10, ready_nodes: 10, total_gpus: 80, available_gpus: 2, gpu_utilization: 93 };
    return {
      cluster_id: 'modern',
      scheduler_type: 'slurm',
      ...nodes,
      pending_jobs: 9,
      running_jobs: 40,
      queue_depth: 9,
    };
  }
  return undefined;
};

/** A click on Approve as Slack sends it, signed. */
export const click = (
  approvalId: string,
  { secret = SIGNING, at = Math.floor(Date.now() / 1000), user = 'U02APPROVER' } = {},
) => {
  const action = { type: 'button', action_id: 'approve', block_id: 'b', value: approvalId, action_ts: '1' };
  const payload = {
    ...{ type: 'block_actions', team: { id: 'T1', domain: 't' }, api_app_id: 'A1', trigger_id: '1.2.3' },
    ...{
      user: { id: user, username: 'x', name: 'x', team_id: 'T1' },
      channel: { id: 'C0ALERTS', name: 'gpu-alerts' },
    },
    ...{
      container: { type: 'message', message_ts: '1', channel_id: 'C0ALERTS' },
      message: { ts: '1' },
      actions: [action],
    },
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`;
  return {
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': signature,
    },
  };
};
