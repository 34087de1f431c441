import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../infra/cli/start/session.ts';
import { cookieFrom } from '../fixtures/console-session.ts';
import { trustVgac } from '../fixtures/forecasts.ts';
import { JOB_ID, onePendingJob } from './one-pending-job.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

describe('a start on a data folder', () => {
  let workspace: Workspace;
  let session: Session | null = null;
  let lines: string[] = [];
  let running: Promise<void> | undefined;
  const sentences = () => lines.filter((line) => line.includes('of different times'));

  async function start() {
    const { plan, cluster, submit } = onePendingJob();
    lines = [];
    session = await workspace.open({ ...plan, keepsTables: true }, { log: (line) => lines.push(line) });
    running = session.run();
    return { session, cluster, submit };
  }
  async function stop() {
    session?.stop();
    await running;
    await session?.close();
    session = null;
  }
  beforeAll(async () => {
    workspace = await makeWorkspace();
  }, 120_000);
  afterAll(async () => {
    await stop();
    workspace.remove();
  });

  const asked = async ({ records }: Session) =>
    (await records.openApprovals(20)).find(({ job_id }) => job_id === JOB_ID) ?? expect.fail('nobody is asked');
  const rowOf = async (
    { records }: Session,
    { cluster_id: clusterId, submitted_at }: { cluster_id: string; submitted_at: string },
  ) => records.job({ clusterId, jobId: JOB_ID, submittedAt: submitted_at });

  async function approve({ consoleUrl, signIn }: Session, approvalId: string) {
    const cookie = await cookieFrom(signIn().url);
    const headers = { cookie, 'content-type': 'application/json', origin: new URL(consoleUrl).origin };
    const init = { method: 'POST', headers, body: JSON.stringify({ approvalId, action: 'approve' }) };
    const answer = await fetch(`${consoleUrl}api/approvals/answer`, init);
    return { status: answer.status, reply: await answer.json() };
  }

  it('closes the job whose execution its journal lacks, and says so to whoever approves; otherwise it changes nothing', async () => {
    const journal = join(workspace.dataDir, 'journal');
    const older = join(workspace.dataDir, '..', `${Date.now()}-journal`);
    await start();
    await stop();
    cpSync(journal, older, { recursive: true });

    const second = await start();
    await trustVgac(second.session.records.table, second.cluster.clusterId, { labels: 0 });
    second.submit();
    await expect.poll(async () => (await second.session.records.openApprovals(20)).length, { timeout: 20_000 }).toBe(1);
    const approval = await asked(second.session);
    await stop();

    const ordinary = await start();
    await ordinary.session.system.settled();
    expect(sentences()).toEqual([]);
    expect(await asked(ordinary.session)).toMatchObject({ approval_id: approval.approval_id, status: 'pending' });
    await stop();

    rmSync(journal, { recursive: true });
    cpSync(older, journal, { recursive: true });
    rmSync(older, { recursive: true });
    const third = await start();
    expect(sentences()).toEqual([
      '1 job was open without its execution: the journal and the tables are of different times. Closed as failed, with what was asked about it.',
    ]);
    const closed = async () => (await rowOf(third.session, approval))?.status;
    await expect.poll(closed, { timeout: 20_000 }).toBe('failed');
    expect(await rowOf(third.session, approval)).toMatchObject({
      failure: { error: 'Execution.Lost', cause: expect.stringMatching(/^no execution works on it any more/) },
    });
    const why = { status: 'void', decided_reason: 'the execution that asked is over' };
    await expect.poll(() => third.session.records.approval(approval.approval_id)).toMatchObject(why);
    expect(await approve(third.session, approval.approval_id)).toMatchObject({
      status: 409,
      reply: { message: expect.stringContaining('the execution that asked is over') },
    });
    await stop();

    await start();
    expect(sentences()).toEqual([]);
  });
});
