import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyBatch, birth } from '../../functions/domain/fold-batch.ts';
import { isWait, labelsOf } from '../../functions/domain/ledger-lines.ts';
import { TOKEN } from '../../functions/domain/thresholds.ts';
import { stories } from '../../infra/cli/audit/stories.ts';
import { idlePlan } from '../../infra/cli/start/idle-plan.ts';
import type { Session } from '../../infra/cli/start/session.ts';
import { disagreements, SUMMARY_KEYS, type Summary } from '../../infra/cli/start/summary.ts';
import { tracePlan } from '../../infra/cli/start/trace-plan.ts';
import type { StoryLine } from '../../infra/console/story.ts';
import { JobItem } from '../../schemas/items/job.ts';
import { LedgerItem } from '../../schemas/items/ledger.ts';
import { brokenPromises, settledWeights } from '../fixtures/promises.ts';
import { traceOf } from '../fixtures/trace.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

const VGAC = fileURLToPath(new URL('../../infra/cli/vgac.js', import.meta.url));
const T0 = 1_700_000_000;

/** Jobs, one a minute: most start at once, every fifth waits for ten minutes, and the predictor mostly knows. */
const JOBS = 220;
function stream(): string {
  const header =
    'submitted_at,cluster_id,platform,job_id,p_long_wait,predicted_wait_s,actual_wait_s,long_wait,label_at';
  const rows = Array.from({ length: JOBS }, (_, index) => {
    const long = index % 5 === 4;
    const p = long ? 0.9 : 0.03;
    const wait = long ? 600 : index % 3;
    const submitted = T0 + index * 60;
    return [submitted, 'small', 'slurm', `job-${index}`, p, wait, wait, long ? 1 : 0, submitted + Math.min(wait, 300)];
  });
  return [header, ...rows.map((row) => row.join(',')), ''].join('\n');
}

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(() => workspace?.remove());

describe('a trace that is replayed to its end', () => {
  let session: Session;
  let summary: Summary;
  const rows: JobItem[] = [];
  const ledger: LedgerItem[] = [];

  beforeAll(async () => {
    session = await workspace.open(tracePlan(await traceOf(stream(), 'small.csv'), { file: 'small.csv' }));
    await session.run();
    summary = await session.summary();
    const { client, name } = session.records.table;
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: name,
        KeyConditionExpression: 'PK = :cluster',
        ExpressionAttributeValues: { ':cluster': 'CLUSTER#small' },
        ConsistentRead: true,
      }),
    );
    for (const item of Items) {
      if (String(item.SK).startsWith('JOB#')) rows.push(JobItem.parse(item));
      if (String(item.SK).startsWith('LEDGER#')) ledger.push(LedgerItem.parse(item));
    }
  }, 180_000);
  afterAll(() => session?.close());

  /** In fold order. */
  const batches = () => ledger.toSorted((a, b) => a.version - b.version);

  it('decides and folds every job, and the sums agree', () => {
    expect(disagreements(summary)).toEqual([]);
    expect(summary.total).toMatchObject({
      ...{ jobs: JOBS, admitted: JOBS, failed: 0, undecided: 0 },
      ...{ outcomes: JOBS, folded: JOBS },
    });
    expect(summary.clusters.small).toEqual(summary.total);
    expect(summary.total.approvals).toBeGreaterThan(0);
  });

  it('tells the story of every job in order, from the claim to the fold', async () => {
    const told = new Map<string, StoryLine[]>();
    for await (const line of stories(session.records.table, {})) {
      told.set(line.jobId, [...(told.get(line.jobId) ?? []), line]);
    }
    expect(told.size).toBe(JOBS);
    for (const lines of told.values()) {
      const what = lines.map((line) => line.what);
      const position = (beginning: string) => what.findIndex((words) => words.startsWith(beginning));
      expect(lines.map(({ at }) => Date.parse(at))).toEqual(
        lines.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b),
      );
      expect(position('submitted')).toBe(0);
      for (const step of ['claimed', 'verdict', 'predicted', 'decided', 'folded']) {
        expect(`${step} ${position(step) > 0}`).toBe(`${step} true`);
      }
      // What still waits for a human at the end of a trace is open.
      expect(position('closed') > 0 || position('approval: asked') > 0).toBe(true);
      if (position('effect') >= 0) expect(position('decided')).toBeLessThan(position('effect'));
    }
    expect(JSON.stringify([...told.values()])).not.toMatch(/arn:aws|task_?token/i);
  });

  it('has no effect without an earlier record of the decision that permits it', () => {
    for (const { job_id, decision, effect, approved_effect } of rows) {
      expect(decision, job_id).toBeDefined();
      // Nobody answers in a trace.
      expect(approved_effect).toBeUndefined();
      if (effect) {
        expect(decision?.executed).toBe(true);
        expect(effect.decisionId).toBe(decision?.decisionId);
        expect(Date.parse(effect.at)).toBeGreaterThanOrEqual(Date.parse(decision?.decidedAt ?? ''));
      }
    }
  });

  it('keeps the promise of every tier after every label', () => {
    expect(brokenPromises(batches())).toEqual([]);
    expect(Math.max(...settledWeights(batches()))).toBeGreaterThan(10 * TOKEN);
  });

  it('acts on nothing that does not call, and never while it is learning', () => {
    for (const { decision, job_id } of rows) {
      if (!decision || decision.tier === 0) continue;
      expect(decision.called, job_id).toBeGreaterThanOrEqual(decision.tier);
      expect(decision.prediction.q).toBeGreaterThanOrEqual(0.3);
      expect(decision.evidence.n).toBeGreaterThanOrEqual(50);
      expect(decision.evidence.skilled).toBe(true);
    }
    expect(summary.total.acted).toBeGreaterThan(10);
    expect(summary.total.nothingNeeded).toBeGreaterThan(JOBS / 2);
  });

  it('folds each label exactly once, and the ledger rebuilds the state bit for bit', async () => {
    const idsOf = (lines: readonly { jobId: string }[]) => lines.map(({ jobId }) => jobId);
    const folded = ledger.flatMap(({ entries }) => idsOf(labelsOf(entries)));
    const waits = ledger.flatMap(({ entries }) => idsOf(entries.filter(isWait)));
    expect(new Set(folded).size).toBe(folded.length);
    expect(waits.length).toBeGreaterThan(0);
    const waited = rows.flatMap(({ job_id, waited_seconds }) => (waited_seconds === undefined ? [] : [job_id]));
    expect(new Set(waits)).toEqual(new Set(waited));
    expect(folded.sort()).toEqual(rows.map(({ job_id }) => job_id).sort());
    const {
      readable: [item],
    } = await session.records.clusters();
    const [first, ...others] = batches();
    if (first === undefined || item === undefined) throw new Error('nothing was folded');
    let { state } = birth(first.tiers);
    for (const batch of others) ({ state } = applyBatch(state, batch));
    expect(Buffer.from(state).equals(Buffer.from(item.state))).toBe(true);
  });

  it('labels long waits by the clock of the trace', () => {
    const long = rows.filter(({ long_wait }) => long_wait === true);
    expect(long).toHaveLength(JOBS / 5);
    for (const { submitted_at = '', label_at = '' } of long) {
      expect(Date.parse(label_at) - Date.parse(submitted_at)).toBe(300_000);
    }
  });
});

describe('npm start', () => {
  /** Runs the command to its end; `during` may act as soon as a line matches. */
  function start(args: string[], during: { on: RegExp; act: (line: string, kill: () => void) => void } | null = null) {
    const child = spawn(process.execPath, [VGAC, 'start', '--data', workspace.dataDir, ...args], {
      env: { PATH: process.env.PATH, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    let acted = during === null;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
      const match = during?.on.exec(said.out);
      if (acted || !match || !during) return;
      acted = true;
      during.act(match[0], () => child.kill('SIGTERM'));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    return new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, ...said })),
    );
  }
  const ports = ['--port', '0', '--console-port', '0'];

  // Processes of their own, which can run side by side.
  it.concurrent('feeds a gzipped trace, skips its bad line by number, and writes the summary', {
    timeout: 180_000,
  }, async () => {
    const file = join(workspace.dataDir, 'small.csv.gz');
    const lines = stream().split('\n');
    writeFileSync(file, gzipSync([...lines.slice(0, 9), 'broken', ''].join('\n')));
    const summaryFile = join(workspace.dataDir, 'summary.json');
    const { code, out, err } = await start(['--trace', file, '--summary', summaryFile, ...ports]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('line 10 skipped: 1 fields instead of 9');
    expect(out).toContain('First decision after');
    const summary: Summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
    expect(Object.keys(summary.total)).toEqual([...SUMMARY_KEYS]);
    expect(summary.total).toMatchObject({ jobs: 8, admitted: 8, folded: 8 });
  });

  it.concurrent('waits idle for events, and sums them up when it is ended', { timeout: 180_000 }, async () => {
    const summaryFile = join(workspace.dataDir, 'idle.json');
    const { code } = await start(['--idle', '--summary', summaryFile, ...ports], {
      on: /http:\/\/127\.0\.0\.1:\d+ {2}\(bus/,
      act: (line, kill) => void send(line.split(' ')[0] ?? '', kill),
    });
    expect(code).toBe(0);
    const summary: Summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
    expect(disagreements(summary)).toEqual([]);
    expect(summary.total).toMatchObject({ jobs: 3, admitted: 1, duplicates: 1, quarantined: 1 });
    expect(summary.clusters.unknown).toMatchObject({ jobs: 2, admitted: 1, duplicates: 1 });
  });

  async function send(endpoint: string, kill: () => void): Promise<void> {
    const file = readFileSync(join(workspace.dataDir, 'credentials'), 'utf8');
    const setting = (key: string) => new RegExp(`${key} = (.*)`).exec(file)?.[1] ?? '';
    const client = new EventBridgeClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: setting('aws_access_key_id'), secretAccessKey: setting('aws_secret_access_key') },
    });
    const put = (detail: unknown) => ({
      EventBusName: 'vgac',
      Source: 'vgac.collectors',
      DetailType: 'JobSubmitted',
      Detail: JSON.stringify(detail),
    });
    const job = {
      ...{
        schemaVersion: 1,
        clusterId: 'unknown',
        platform: 'slurm',
        jobId: '1',
        submittedAt: new Date().toISOString(),
      },
      request: { gpus: 1, cpuMillis: 1000, memoryGb: 1 },
    };
    await client.send(new PutEventsCommand({ Entries: [put(job), put({ hello: '{% $x %}' })] }));
    await client.send(new PutEventsCommand({ Entries: [put(job)] }));
    client.destroy();
    // Ending it lets what is in flight settle, so there is nothing to wait for.
    kill();
  }

  it.concurrent.each([
    ['a trace that is not there', ['--trace', '/nowhere/x.csv'], /Cannot read the trace \/nowhere\/x\.csv: check/],
    ['a summary that has no folder', ['--summary', '/nowhere/s.json'], /Cannot write \/nowhere\/s\.json: give/],
    ['a configuration that is not there', ['--config', '/nowhere/c.json'], /\/nowhere\/c\.json/],
  ])('says what to do about %s, and ends with 1', async (_, args, sentence) => {
    const { code, err } = await start([...args, ...ports]);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
    expect(err).not.toContain('    at ');
  });

  it.concurrent('says which option helps when a port is in use', { timeout: 180_000 }, async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      }),
    );
    try {
      // The sentence of the other port is asked where it is made: a process prints any of them alike.
      const page = workspace.open(idlePlan(), { consolePort: port });
      await Promise.all([
        expect(page).rejects.toThrow('another one with --console-port'),
        // A simulated run, which may share the data folder with the idle ones.
        expect(start(['--port', String(port), '--console-port', '0'])).resolves.toMatchObject({
          code: 1,
          err: `Port ${port} is in use: stop what uses it, or choose another one with --port.\n`,
        }),
      ]);
    } finally {
      other.close();
    }
  });
});
