import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A VGAC that answers at once and knows one number: its cost is not what is measured. */
export async function startVgac(p: number): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const answer = answers(url, p);
    request.resume();
    response.writeHead(answer === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answers(url: URL, p: number): unknown {
  if (url.pathname === '/api/v1/predict/score') {
    return { wait_time_seconds: 700, confidence: 0.9, risk_score: p, calibration_score: 0.9 };
  }
  if (url.pathname === '/api/v1/cluster/state') {
    return {
      ...{ cluster_id: url.searchParams.get('cluster_id'), platform: 'slurm', queue_depth: 10 },
      ...{ gpu_utilization: 0.8, gpu_memory_used: 0.5, active_jobs: 40, pending_jobs: 10 },
    };
  }
  if (url.pathname === '/api/v1/jobs/calibration') {
    return { ece: 0.02, brier_score: 0.1, sample_count: 1000, last_recalibration: null, recalibration_needed: false };
  }
  return null;
}
