import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { roundKey } from '../../functions/domain/round.ts';
import { trustVgac } from '../fixtures/forecasts.ts';
import { HOSTILE_TEXT } from '../fixtures/hostile.ts';
import { click, listen, SIGNING, vgacAnswer } from './our-servers.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('one machine, with somebody else’s VGAC and Slack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-own-'));
  const data = join(folder, 'data');
  const summaryFile = join(folder, 'summary.json');
  const cards: { method: string; body: Record<string, unknown> }[] = [];
  let process_: ChildProcess;
  let output = '';
  let endpoint = '';
  let servers: Server[] = [];

  beforeAll(async () => {
    const vgac = await listen(vgacAnswer);
    const slack = await listen((path, body) => {
      cards.push({ method: path.split('/').at(-1) ?? '', body: JSON.parse(body) });
      return { ok: true, channel: 'C0ALERTS', ts: `1790000000.00000${cards.length}` };
    });
    servers = [vgac.server, slack.server];
    const cluster = (clusterId: string, more: object) => ({
      clusterId,
      platform: 'slurm',
      vgac: { riskScoreIsProbability: true },
      actions: { suggest: [{ action: 'requeue', target: 'short' }] },
      approvers: { suggest: ['U02APPROVER'] },
      users: { ada: 'U01ADA' },
      ...more,
    });
    const config = join(folder, 'clusters.json');
    const clusters = [
      cluster('slow', {}),
      cluster('hasty', { approvalTtlSeconds: 1 }),
      cluster('modern', { vgac: { variant: 'platform' } }),
    ];
    writeFileSync(config, JSON.stringify({ clusters }));
    process_ = spawn(
      join(root, 'node_modules/.bin/node'),
      [
        'infra/cli/vgac.js',
        'start',
        '--idle',
        '--config',
        config,
        '--data',
        data,
        '--port',
        '0',
        '--console-port',
        '0',
        '--summary',
        summaryFile,
      ],
      {
        cwd: root,
        env: {
          PATH: process.env.PATH,
          VGAC_API_BASE_URL: vgac.url,
          SLACK_API_BASE_URL: slack.url,
          SLACK_SIGNING_SECRET: SIGNING,
          SLACK_BOT_TOKEN: 'xoxb-ours',
        },
      },
    );
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    process_.stdout?.on('data', collect);
    process_.stderr?.on('data', collect);
    endpoint = await vi.waitFor(
      () => {
        const found = /AWS endpoint\s+(http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
        if (!found || !output.includes('Waiting for events')) throw new Error(output);
        return found;
      },
      { timeout: 180_000, interval: 50 },
    );
    const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings()));
    for (const { clusterId } of clusters) await trustVgac({ client, name: 'vgac-agentic' }, clusterId, { labels: 0 });
  });

  afterAll(() => {
    process_?.kill('SIGKILL');
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const clientSettings = () => {
    const file = readFileSync(join(data, 'credentials'), 'utf8');
    const value = (name: string) => new RegExp(`${name}\\s*=\\s*(\\S+)`).exec(file)?.[1] ?? '';
    const credentials = { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key') };
    return { endpoint, region: 'us-east-1', credentials };
  };

  const submissions = new Map<string, string>();
  const submit = (clusterId: string, jobId: string) => {
    // The same job again is the same event again, not another round.
    const submittedAt = submissions.get(jobId) ?? new Date().toISOString();
    submissions.set(jobId, submittedAt);
    return put('JobSubmitted', {
      schemaVersion: 1,
      ...{ clusterId, jobId, platform: 'slurm', submittedAt, user: 'ada' },
      request: { gpus: 8, cpuMillis: 64_000, memoryGb: 512 },
    });
  };

  const put = (type: string, detail: unknown) => {
    const Entries = [
      { EventBusName: 'vgac', Source: 'vgac.collectors', DetailType: type, Detail: JSON.stringify(detail) },
    ];
    return new EventBridgeClient(clientSettings()).send(new PutEventsCommand({ Entries }));
  };

  /** The value of a card's button: the approval's id. */
  const cardOf = (jobId: string) =>
    vi.waitFor(
      () => {
        const card = cards.find(
          ({ method, body }) => method === 'chat.postMessage' && JSON.stringify(body).includes(jobId),
        );
        const id = /"value":"(dec_[0-9a-f]+)"/.exec(JSON.stringify(card?.body ?? {}))?.[1];
        if (!id) throw new Error(`no card for ${jobId}: ${output}`);
        return id;
      },
      { timeout: 20_000, interval: 50 },
    );

  const send = async (request: ReturnType<typeof click>) => {
    const answer = await fetch(`${endpoint}/slack/interactions`, { method: 'POST', ...request });
    return answer.status;
  };

  const read = async (PK: string, SK: string) => {
    const table = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings()));
    return (await table.send(new GetCommand({ TableName: 'vgac-agentic', Key: { PK, SK } }))).Item;
  };
  const statusOf = async (jobId: string) => {
    const key = roundKey({ jobId, submittedAt: submissions.get(jobId) ?? '' });
    return (await read(`CLUSTER#${jobId.split('-')[0]}`, `JOB#${key}`))?.status;
  };
  const approval = (id: string) => read(`APPROVAL#${id}`, 'APPROVAL');

  const ends = (jobId: string, status: string, timeout = 20_000) =>
    vi.waitFor(async () => expect(await statusOf(jobId)).toBe(status), { timeout, interval: 100 });

  const executions = async () => {
    const sfn = new SFNClient(clientSettings());
    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
    const stateMachineArn = stateMachines.find(({ name }) => /job-?workflow/i.test(name ?? ''))?.stateMachineArn;
    return (await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions?.length;
  };

  it('refuses forged and old clicks, acts on the signed one, and once', async () => {
    await submit('slow', 'slow-1');
    const id = await cardOf('slow-1');
    expect(await send(click(id, { secret: 'guessed' }))).toBe(401);
    expect(await send(click(id, { at: Math.floor(Date.now() / 1000) - 301 }))).toBe(401);
    expect(await send(click(id, { user: 'U99STRANGER' }))).toBe(200);
    expect(await statusOf('slow-1')).toBe(undefined);

    const signed = click(id);
    expect(await send(signed)).toBe(200);
    await ends('slow-1', 'approved');
    const effects = cards.length;
    // The same request again is a replay; a second press of the button is another request, and only told who decided.
    expect(await send(signed)).toBe(401);
    expect(cards.length).toBe(effects);
    expect(await send(click(id, { at: Math.floor(Date.now() / 1000) + 1 }))).toBe(200);
    expect(await statusOf('slow-1')).toBe('approved');
  }, 180_000);

  it('ends as expired when the click comes too late', async () => {
    await submit('hasty', 'hasty-1');
    const id = await cardOf('hasty-1');
    const { expires_at } = (await approval(id)) ?? {};
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(Date.parse(expires_at)), {
      timeout: 10_000,
      interval: 50,
    });
    expect(await send(click(id))).toBe(200);
    expect((await approval(id))?.status).not.toBe('approved');
    expect(await statusOf('hasty-1')).not.toBe('approved');
  }, 180_000);

  it('asks about a job that the platform variant of VGAC predicts', async () => {
    await submit('modern', 'modern-1');
    expect(await send(click(await cardOf('modern-1')))).toBe(200);
    await ends('modern-1', 'approved');
  }, 180_000);

  it('sets everything malformed aside, counts a duplicate, and closes with sums that agree', async () => {
    const job = {
      schemaVersion: 1,
      clusterId: 'slow',
      jobId: 'x',
      platform: 'slurm',
      submittedAt: new Date().toISOString(),
    };
    const request = { gpus: 1, cpuMillis: 1, memoryGb: 1 };
    const malformed = [
      { ...job, request, schemaVersion: 9 },
      { ...job },
      { ...job, request: { ...request, gpus: -1 } },
      { ...job, request, submittedAt: '2999-01-01T00:00:00Z' },
      { ...job, request, extra: true },
      ...Object.values(HOSTILE_TEXT).map((user) => ({ ...job, request, jobId: `${user} ` })),
    ];
    for (const detail of malformed) {
      // 300 KB is more than the bus takes, and never gets further.
      if (JSON.stringify(detail).length > 262_144) await expect(put('JobSubmitted', detail)).rejects.toThrow();
      else await put('JobSubmitted', detail);
    }
    const taken = malformed.length - 1;
    await submit('slow', 'slow-1');
    await vi.waitFor(async () => expect(await executions()).toBe(taken + 4), { timeout: 20_000, interval: 100 });
    process_.kill('SIGINT');
    await new Promise((resolve) => process_.once('exit', resolve));
    const { total } = JSON.parse(readFileSync(summaryFile, 'utf8'));
    expect(total).toMatchObject({
      ...{ jobs: taken + 4, admitted: 3, duplicates: 1, quarantined: taken, deadLettered: 0 },
      ...{ approvals: 3, approved: 2, asked: 3, acted: 0 },
    });
    expect(total.jobs).toBe(total.admitted + total.duplicates + total.quarantined + total.deadLettered);
    expect(output).not.toContain('xoxb-ours');
    expect(output).not.toContain(SIGNING);
  }, 180_000);
});
