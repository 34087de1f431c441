import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { accessKeyIn } from '../../infra/runtime/wire/credentials.ts';
import { aJob } from '../fixtures/builders.ts';
import { cookieFrom } from '../fixtures/console-session.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const VGAC = join(root, 'infra/cli/vgac.js');

describe('a data folder', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-folder-'));
  const data = join(folder, 'data');
  let child: ChildProcess;
  let output = '';
  const found = (pattern: RegExp) => pattern.exec(output)?.[1] ?? expect.fail(output);
  // Nothing that says which system is meant, or whose credentials.
  const env = { PATH: process.env.PATH, HOME: folder, NO_COLOR: '1' };
  const vgac = async (...args: string[]) => {
    return (await promisify(execFile)(process.execPath, [VGAC, ...args, '--data', data], { env })).stdout.trim();
  };

  beforeAll(async () => {
    const args = ['start', '--idle', '--port', '0', '--console-port', '0', '--data', data];
    child = spawn(process.execPath, [VGAC, ...args], { env });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await vi.waitFor(() => expect(output).toContain('Ctrl-C ends it'), { timeout: 90_000, interval: 100 });
  }, 100_000);
  afterAll(async () => {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('holds the key with which a collector puts its events, and nobody needs more', async () => {
    expect(await vgac('collector-key', 'east')).toContain('may put events with source vgac.collectors.east');
    const endpoint = found(/AWS endpoint +(http:\S+)/);
    const submittedAt = new Date().toISOString();
    const put = async (key: string, Source: string) => {
      const credentials = accessKeyIn(join(data, 'keys', key));
      const events = new EventBridgeClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
      const Detail = JSON.stringify(aJob({ clusterId: 'lab', jobId: '1', submittedAt }));
      const entry = { EventBusName: 'vgac', Source, DetailType: 'JobSubmitted', Detail };
      return events.send(new PutEventsCommand({ Entries: [entry] })).finally(() => events.destroy());
    };
    expect(await put('collector', 'vgac.collectors')).toMatchObject({ FailedEntryCount: 0 });
    await expect(put('collector', 'vgac.collectors.east')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await put('collector-east', 'vgac.collectors.east')).toMatchObject({ FailedEntryCount: 0 });
    await expect.poll(() => vgac('audit', '--job', '1'), { timeout: 30_000 }).toContain('lab / 1');
    expect(await vgac('approve', '--list')).toBe('Nobody is asked anything.');
  });

  it('is opened on the page by the link that the start printed, once', async () => {
    const link = found(/Console +(http:\S+)/);
    const cookie = await cookieFrom(link);
    const overview = await fetch(new URL('/api/overview', link), { headers: { cookie } });
    expect(overview.status).toBe(200);
    expect(await cookieFrom(link)).toBe('');
  });

  it('keeps everything in files that only its owner reads, in folders that only its owner opens', async () => {
    const slack: { botToken: string } = JSON.parse(readFileSync(join(data, 'slack-secrets.json'), 'utf8'));
    const headers = { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' };
    const message = JSON.stringify({ channel: '#gpu-alerts', text: 'for the owner alone' });
    const api = new URL('/slack/api/chat.postMessage', found(/Console +(http:\S+)/));
    expect(await (await fetch(api, { method: 'POST', headers, body: message })).json()).toMatchObject({ ok: true });

    const parts = readdirSync(data, { recursive: true, encoding: 'utf8' });
    const open = parts.filter((part) => (statSync(join(data, part)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    // What must be among them for this to say anything.
    for (const kind of [
      /^tables\/.*sqlite/,
      /^journal\//,
      /^log\//,
      /^slack\/.*json$/,
      /^keys\/read$/,
      /^credentials$/,
    ]) {
      expect(parts.some((part) => kind.test(part))).toBe(true);
    }
    expect(
      parts.filter((part) => /manifest\.json$|approver-key|token-key|running\.json/.test(part)).length,
    ).toBeGreaterThan(3);
  });
});
