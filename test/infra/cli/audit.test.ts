import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { audit } from '../../../functions/adapters/tables/approval-audit.ts';
import { expireApproval, openApproval } from '../../../functions/adapters/tables/approvals.ts';
import { claimJob, recordDecision } from '../../../functions/adapters/tables/jobs.ts';
import { termsOf } from '../../../functions/domain/approval-terms.ts';
import { subjectOf } from '../../../functions/domain/subject.ts';
import { stories, storyOfJob } from '../../../infra/cli/audit/stories.ts';
import { printable } from '../../../infra/cli/audit/story-lines.ts';
import { applyClusters } from '../../../infra/cli/configure/apply-clusters.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import { aJob } from '../../fixtures/builders.ts';
import { startDynamo } from '../../fixtures/dynamo.ts';
import { ASKED, aDecision, EXPIRES, minutesAfter } from '../../unit/application/approvals/builders.ts';

const TOKEN = 'T'.repeat(600);
let dynamo: Awaited<ReturnType<typeof startDynamo>>;

/** A job that asked a human, and nobody answered. */
async function asked(clusterId: string, jobId: string, submitted: Date): Promise<void> {
  const job = aJob({ clusterId, jobId, submittedAt: submitted.toISOString(), user: 'ada' });
  await claimJob(dynamo.table, job, 'run-1', submitted);
  const { submittedAt } = job;
  const decision = aDecision({ clusterId, jobId, submittedAt, foldable: false, decidedAt: submittedAt });
  await recordDecision(dynamo.table, decision, submitted.toISOString());
  const config = ClusterConfig.parse({ clusterId, platform: 'slurm' });
  const subject = subjectOf(decision, 'act');
  if (subject === null) throw new Error('the decision asks nothing');
  const question = {
    decision,
    question: 'act' as const,
    executionArn: 'arn:run-1',
    taskToken: TOKEN,
    channel: 'C1',
    subject,
    terms: termsOf(config, subject, decision.approvalTtlSeconds, submitted),
  };
  const approval = await openApproval(dynamo.table, question, submitted);
  await audit(dynamo.table, approval, { at: submitted.toISOString(), who: 'vgac-agentic', what: 'asked' });
  await expireApproval(dynamo.table, approval.approval_id, EXPIRES);
  const fact = { at: EXPIRES.toISOString(), who: 'vgac-agentic', what: 'expired', why: 'nobody answered in time' };
  await audit(dynamo.table, approval, fact);
}

beforeAll(async () => {
  dynamo = await startDynamo();
  const clusters = ['east', 'west'].map((clusterId) => ClusterConfig.parse({ clusterId, platform: 'slurm' }));
  await applyClusters(dynamo.table, clusters, ASKED);
  await asked('east', 'job-1', ASKED);
  await asked('east', 'job-2', minutesAfter(ASKED, 60));
  await asked('west', 'job-2', ASKED);
});
afterAll(() => dynamo.close());

describe('vgac audit', () => {
  it('finds the cluster of a job, and asks for it where several have one of that id', async () => {
    const what = (await storyOfJob(dynamo.table, 'job-1')).map((line) => `${line.clusterId} ${line.what}`);
    expect(what.at(0)).toBe('east submitted to gpu, 4 GPUs');
    expect(what.at(-1)).toBe('east approval: expired');
    await expect(storyOfJob(dynamo.table, 'job-2')).rejects.toThrow('say which one with --cluster');
    expect((await storyOfJob(dynamo.table, 'job-2', 'west'))[0]?.clusterId).toBe('west');
    await expect(storyOfJob(dynamo.table, 'job-3')).rejects.toThrow('No job job-3 is known on east, west');
  });

  it('tells all rounds of a job, each under its own submission, and an array by any of its tasks', async () => {
    await asked('west', '123', ASKED);
    await asked('west', '123', minutesAfter(ASKED, 30));
    const story = printable(await storyOfJob(dynamo.table, '123_7', 'west')).map(stripVTControlCharacters);
    expect(story.filter((line) => line.startsWith('west / 123'))).toEqual([
      'west / 123, submitted at 2026-11-20T08:00:00.000Z',
      'west / 123, submitted at 2026-11-20T08:30:00.000Z',
    ]);
  });

  it('tells all stories, or those of jobs submitted from a moment on', async () => {
    const jobs = async (choice: Parameters<typeof stories>[1]) => {
      const ids = new Set<string>();
      for await (const line of stories(dynamo.table, choice)) ids.add(`${line.clusterId}/${line.jobId}`);
      return [...ids];
    };
    expect(await jobs({})).toEqual(['east/job-1', 'east/job-2', 'west/123', 'west/job-2']);
    expect(await jobs({ since: minutesAfter(ASKED, 60) })).toEqual(['east/job-2']);
    expect(await jobs({ cluster: 'west' })).toEqual(['west/123', 'west/job-2']);
  });

  it('says which item cannot be read, and not what is in it', async () => {
    const PK = 'CLUSTER#west';
    const Item = { PK, SK: `JOB#broken#${ASKED.toISOString()}`, v: 1, closed_at: 'a secret' };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item }));
    const failure = await storyOfJob(dynamo.table, 'broken', 'west').catch(String);
    expect(failure).toMatch(/UnreadableItem: CLUSTER#west JOB#broken#2026-11-20T08:00:00.000Z: .*closed_at/);
    expect(failure).not.toContain('a secret');
  });

  it('exports JSON Lines that only their owner may read, without a token or a name', { timeout: 30_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vgac-audit-'));
    try {
      const file = join(folder, 'audit.jsonl');
      const endpoint = ['--endpoint', dynamo.endpoint, '--table', dynamo.table.name];
      const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
      const args = ['infra/cli/vgac.js', 'audit', '--export', file, ...endpoint];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      const text = readFileSync(file, 'utf8');
      const lines = text.trim().split('\n');
      expect(stdout).toContain(`${lines.length} lines written`);
      const Line = z.strictObject({
        ...{ at: z.iso.datetime(), clusterId: z.string(), jobId: z.string(), who: z.string(), what: z.string() },
        ...{ submittedAt: z.iso.datetime(), hash: z.string().nullable(), why: z.string().nullable() },
      });
      for (const line of lines) Line.parse(JSON.parse(line));
      expect(text).not.toMatch(/TTTT|"ada"|arn:/);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
