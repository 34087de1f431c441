import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EventBridgeClient, PutEventsCommand, type PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { BUS_NAME } from '../../infra/aws/names.ts';
import { dataFolderCredentials } from '../../infra/runtime/wire/credentials.ts';
import { COLLECTOR_SOURCE } from '../../schemas/events/collector.ts';
import { SIGNING_SECRET } from '../bench/crash/settings.ts';

const VGAC = fileURLToPath(new URL('../../infra/cli/vgac.js', import.meta.url));
const START_MS = 120_000;
const POLL_MS = 100;
export const CLUSTER = 'attacked';

/** What a start comes to: it listens, or it ended and said why. */
export type Started =
  | { readonly up: true }
  | { readonly up: false; readonly code: number | null; readonly said: string };

export type Home = Awaited<ReturnType<typeof openHome>>;

/** `vgac start --idle` as a process of its own, on a folder of its own and two ports of this machine. */
export async function openHome(folder: string, worldUrl: string) {
  const [port, consolePort] = [await freePort(), await freePort()];
  const config = join(folder, 'clusters.json');
  writeFileSync(config, JSON.stringify({ clusters: [{ clusterId: CLUSTER, platform: 'slurm' }] }));
  const url = `http://127.0.0.1:${port}`;
  let dataDir = join(folder, 'data');
  let child: ChildProcess | undefined;
  let said = '';
  let submitted = 0;

  const isUp = async () =>
    fetch(url).then(
      () => true,
      () => false,
    );
  const start = async (): Promise<Started> => {
    const ports = ['--port', String(port), '--console-port', String(consolePort)];
    const args = [VGAC, 'start', '--idle', ...ports, '--data', dataDir, '--config', config];
    const started = spawn(process.execPath, args, {
      env: {
        ...{ PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', VGAC_API_BASE_URL: worldUrl },
        ...{ SLACK_API_BASE_URL: `${worldUrl}/slack`, SLACK_BOT_TOKEN: 'xoxb-attack' },
        SLACK_SIGNING_SECRET: SIGNING_SECRET,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    said = '';
    started.stdout.resume();
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-20_000);
    });
    child = started;
    for (const end = Date.now() + START_MS; Date.now() < end; await sleep(POLL_MS)) {
      if (started.exitCode !== null || started.signalCode !== null) break;
      if (await isUp()) return { up: true };
    }
    await kill();
    return { up: false, code: started.exitCode, said };
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  return {
    url,
    consoleUrl: `http://127.0.0.1:${consolePort}`,
    ports: [port, consolePort] as const,
    start,
    kill,
    isUp,
    get dataDir() {
      return dataDir;
    },
    /** From the next start on. */
    use(other: string): void {
      dataDir = other;
    },
    /** Starts it where it must come up. */
    async ensure(): Promise<void> {
      if (await isUp()) return;
      const started = await start();
      if (!started.up) throw new Error(`vgac start ended with ${started.code}: ${started.said}`);
    },
    /** A job of its own each time. */
    submission(over: object = {}): { jobId: string; detail: Record<string, unknown> } {
      const jobId = `job-${submitted++}`;
      const request = { gpus: 1, cpuMillis: 1_000, memoryGb: 1 };
      const submittedAt = new Date().toISOString();
      const detail = { schemaVersion: 1, clusterId: CLUSTER, platform: 'slurm', jobId, submittedAt, request, ...over };
      return { jobId, detail };
    },
    /** Puts details as they are, each an event of its own. Throws when the request as a whole is not answered. */
    async put(type: string, details: readonly string[]): Promise<readonly PutEventsResultEntry[]> {
      const credentials = dataFolderCredentials(dataDir);
      const client = new EventBridgeClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
      const Entries = details.map((Detail) => {
        return { EventBusName: BUS_NAME, Source: COLLECTOR_SOURCE, DetailType: type, Detail };
      });
      try {
        return (await client.send(new PutEventsCommand({ Entries }))).Entries ?? [];
      } finally {
        client.destroy();
      }
    },
  };
}

const Port = z.object({ port: z.number() });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = Port.parse(server.address());
  server.close();
  await once(server, 'close');
  return port;
}
