import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { putCollected } from '../../infra/cli/start/put-collected.ts';
import { APPROVER_HEADER } from '../../infra/console/answers.ts';
import { issueToken, readApproverKey } from '../../infra/console/approver-token.ts';
import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { printed } from '../fixtures/command-line.ts';
import { cookieFrom } from '../fixtures/console-session.ts';
import type { SharedSystem } from './shared-system.ts';
import { chromiumPath } from './workspace.ts';

const browserPath = chromiumPath();
const inBrowser =
  browserPath === null ? 'on the page (skipped: no Chromium; install it or set CHROMIUM_PATH)' : 'on the page';
const HOSTILE = '<script>document.title = "owned"</script><img src=x onerror="document.title = 1">';

/** One for each test that answers, or looks at what waits for an answer. */
const JOBS = ['900101', '900102', '900103', '900111', '900112', '900121'] as const;

const inAMinute = () => new Date(Date.now() + 60_000);

/** From here on Slack is down: whatever is said to it is lost, and nothing comes from it. */
export function answersWithoutSlack(shared: SharedSystem): void {
  beforeAll(async () => {
    const headers = { authorization: `Bearer ${shared.workspace.slack.botToken}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify({ mode: 'down' }) };
    expect((await fetch(`${shared.session.consoleUrl}slack/misbehave`, init)).status).toBe(200);
    // All at once: each test finds its own question asked, and on the page from its first look.
    for (const jobId of JOBS) shared.submit(jobId);
  });

  const signedIn = async () => ({ headers: { cookie: await cookieFrom(shared.session.signIn().url) } });

  /** Waits until a human is asked about a job. */
  async function asked(jobId: (typeof JOBS)[number]): Promise<ApprovalItem> {
    let found: ApprovalItem | undefined;
    await expect
      .poll(
        async () => {
          found = (await shared.session.records.openApprovals(20)).find(({ job_id }) => job_id === jobId);
          return found?.status;
        },
        { timeout: 20_000 },
      )
      .toBe('pending');
    return found ?? expect.fail('nobody is asked');
  }
  const row = (jobId: string) => shared.row(jobId);
  const closed = (jobId: string) => expect.poll(async () => (await row(jobId))?.status, { timeout: 20_000 });

  describe.skipIf(browserPath === null)(inBrowser, () => {
    const faults: string[] = [];
    let page: Page;

    const card = (jobId: string) => page.locator('article.approval', { hasText: jobId });
    const shot = (name: string) =>
      process.env.SCREENSHOTS && page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true });

    it('nobody answers who has no link', async () => {
      page = await shared.browser.newPage({ viewport: { width: 1280, height: 1000 } });
      page.on('pageerror', (error) => faults.push(error.message));
      await asked('900101');
      await page.goto(`${shared.session.consoleUrl}#/approvals`);
      await page.getByText('This page opens only through a link').waitFor();
      expect(await page.getByText('900101').count()).toBe(0);
      expect(await page.getByRole('button').count()).toBe(0);
      await shot('1-signed-out');
    });

    it('one opens the link, and approves: the effect is done, and read back', async () => {
      const { person, url } = shared.session.signIn();
      expect(person).toBe('U0OPERATOR');
      await page.goto(url);
      await page.getByText('You answer as U0OPERATOR').waitFor();
      expect(page.url()).toBe(`${shared.session.consoleUrl}#/approvals`);
      await card('900101').getByText('May the agent adjust-priority 900101 → +100?').waitFor();
      await shot('2-signed-in');
      await card('900101').getByRole('button', { name: 'Approve' }).click();
      await page
        .getByText(/Approved by U0OPERATOR in the console/)
        .first()
        .waitFor();
      await expect.poll(() => shared.cluster.job('900101')?.priority, { timeout: 20_000 }).toBe(200);
      await closed('900101').toBe('approved');
      await shot('3-approved');
    });

    it('undoes it, and the priority is what it was', async () => {
      await card('900101').getByRole('button', { name: 'Undo' }).click();
      await page.getByText('It is being undone').waitFor();
      await expect.poll(() => shared.cluster.job('900101')?.priority, { timeout: 20_000 }).toBe(100);
      await expect.poll(async () => (await row('900101'))?.approved_effect?.status, { timeout: 20_000 }).toBe('undone');
    });

    it('denies with a reason, which stays text whatever is in it', async () => {
      await asked('900102');
      await card('900102').getByRole('button', { name: 'Deny' }).click();
      await shot('4-deny');
      await card('900102').getByRole('textbox').fill(HOSTILE);
      await card('900102').getByRole('button', { name: 'Deny it' }).click();
      await closed('900102').toBe('denied');
      await card('900102').getByText(HOSTILE).waitFor();
      expect(await page.title()).toBe('VGAC agentic');
      expect((await row('900102'))?.approved_effect).toBeUndefined();
    });

    it('shows names of users and queues as text, whatever is in them', async () => {
      const names = { user: HOSTILE, queue: `"'>${HOSTILE}`, namespace: `{{x}}\`${HOSTILE}` };
      const job = { schemaVersion: 1, clusterId: shared.cluster.clusterId, platform: shared.cluster.platform } as const;
      const request = { gpus: 1, cpuMillis: 1_000, memoryGb: 8, gpuType: HOSTILE };
      const jobId = '900104_[1-2]@x';
      const submittedAt = new Date().toISOString();
      putCollected(shared.session.system, [
        { type: 'JobSubmitted', detail: { ...job, jobId, submittedAt, ...names, request } },
      ]);
      const { clusterId } = shared.cluster;
      const known = () => shared.session.records.job({ clusterId, jobId, submittedAt });
      await expect.poll(async () => (await known())?.decision?.next, { timeout: 20_000 }).toBe('ask');
      const { user, queue } = (await known()) ?? {};
      expect([user, queue]).toEqual([names.user, names.queue]);
      const execution = (await known())?.claimed_by?.split(':').at(-1) ?? '';
      for (const hash of ['#/', '#/approvals', '#/executions', `#/execution/${encodeURIComponent(execution)}`]) {
        await page.goto(`${shared.session.consoleUrl}${hash}`);
        await page.getByText(jobId).first().waitFor();
        expect([await page.title(), await page.locator('img').count()]).toEqual(['VGAC agentic', 0]);
      }
      await page.goto(`${shared.session.consoleUrl}#/approvals`);
    });

    it('shows the details, with the story so far, and records who looked', async () => {
      const { approval_id: id } = await asked('900103');
      await card('900103').getByRole('button', { name: 'Details' }).click();
      await page.getByText('Evidence, as it was pinned').waitFor();
      await page.locator('.story').getByText('approval: looked at the details').waitFor();
      await shot('5-details');
      const answer = await fetch(`${shared.session.consoleUrl}api/approvals/${id}`, await signedIn());
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toMatch(/xoxb-|AQC|"(task_?token|token)"/i);
    });

    it('freezes the cluster: what is approved then is void and says why; and unfreezes it', async () => {
      await page.goto(`${shared.session.consoleUrl}#/approvals`);
      await card('900103').getByRole('button', { name: 'Freeze cluster' }).click();
      await card('900103').getByRole('button', { name: 'Freeze it' }).click();
      await page.getByText(`${shared.cluster.clusterId} is frozen`, { exact: false }).first().waitFor();
      await shot('6-frozen');
      await card('900103').getByRole('button', { name: 'Approve' }).click();
      await closed('900103').toBe('void');
      await card('900103')
        .getByText(/Void, .*frozen/)
        .waitFor();
      expect(shared.cluster.job('900103')?.priority).toBe(100);
      await card('900103').getByRole('button', { name: 'Unfreeze' }).click();
      await page.getByText('is no longer frozen').waitFor();
      await shot('7-settled');
      await page.setViewportSize({ width: 420, height: 900 });
      await shot('8-narrow');
      expect(faults).toEqual([]);
    });
  });

  describe('on the command line', () => {
    const where = () => ['--console', shared.session.consoleUrl, '--data', shared.workspace.dataDir];

    /** As a process, in the environment of a shell. */
    const listed = async () => {
      const { system } = shared.session;
      const env = {
        ...process.env,
        AWS_ACCESS_KEY_ID: system.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: system.credentials.secretAccessKey,
      };
      const command = ['infra/cli/vgac.js', 'approve', '--list', '--endpoint', system.url, ...where()];
      return (await promisify(execFile)(process.execPath, command, { env })).stdout;
    };
    const approve = (...args: string[]) => printed('approve', ...args, ...where());

    it('prints a link, once more and for somebody else, who is then nobody but themselves', async () => {
      const { consoleUrl } = shared.session;
      const session = async (...args: string[]) => {
        const cookie = await cookieFrom(await printed('sign-in', ...args, ...where()));
        const answer = await fetch(`${consoleUrl}session`, { headers: { cookie } });
        return { cookie, who: await answer.json() };
      };
      expect((await session()).who).toMatchObject({ person: 'U0OPERATOR', owner: true });
      const { cookie, who } = await session('--as', 'U0ONCALL');
      expect(who).toMatchObject({ person: 'U0ONCALL', owner: false });
      const page = await (await fetch(`${consoleUrl}slack/`, { headers: { cookie } })).text();
      expect([page.includes('U0ONCALL'), page.includes('U0OPERATOR')]).toEqual([true, false]);

      const { approval_id: approvalId } = await asked('900112');
      const headers = { cookie, 'content-type': 'application/json', origin: new URL(consoleUrl).origin };
      const deny = { method: 'POST', headers, body: JSON.stringify({ approvalId, action: 'deny' }) };
      expect((await fetch(`${consoleUrl}api/approvals/answer`, deny)).status).toBe(200);
      expect(await shared.session.records.approval(approvalId)).toMatchObject({
        decided_by: 'U0ONCALL',
        decided_via: 'console',
      });
    });

    it('lists what is asked, denies with a reason, and says who was first to whoever comes later', async () => {
      const { approval_id: id } = await asked('900111');
      // These two answer nothing, so that the list may be read meanwhile.
      const list = listed();
      expect(await approve(id, '--deny')).toBe('Say who answers with --as SLACK_ID, the one in the configuration.');
      expect(await approve(id, '--deny', '--as', 'U0STRANGER')).toContain('you are not among the approvers');
      expect(await list).toContain('Change the priority of job 900111 by +100.');
      expect(await approve(id, '--deny', '--reason', 'not tonight', '--as', 'U0ONCALL')).toMatch(
        /^Denied by U0ONCALL on the command line, .*; nothing is done\.$/,
      );
      await closed('900111').toBe('denied');
      expect(await shared.session.records.approval(id)).toMatchObject({
        decided_by: 'U0ONCALL',
        decided_via: 'cli',
        decided_reason: 'not tonight',
      });
      expect(await approve(id, '--approve', '--as', 'U0OPERATOR')).toMatch(
        /^Already answered; yours does not count\. Denied by U0ONCALL on the command line/,
      );
      expect(await approve('dec_none', '--approve', '--as', 'U0OPERATOR')).toBe('There is no approval under this id.');
    });
  });

  describe('what stands behind it', () => {
    it.each([
      ['no token', {}, 401],
      ['a token of another key', { [APPROVER_HEADER]: `U0OPERATOR.answer.9999999999.${'A'.repeat(43)}` }, 401],
      ['a page of another origin', { origin: 'https://evil.example' }, 403],
      ['a page of another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
      ['another site, without an Origin', { 'sec-fetch-site': 'cross-site' }, 403],
    ])('lets in nobody with %s', async (_, headers: Record<string, string>, status) => {
      const body = JSON.stringify({ approvalId: 'x', action: 'approve' });
      const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
      expect((await fetch(`${shared.session.consoleUrl}api/approvals/answer`, init)).status).toBe(status);
    });

    it.each(['GET slack/', 'GET slack/messages', 'POST slack/click', 'POST slack/modal', 'POST slack/misbehave'])(
      'the stand-in for Slack does nothing for a local user without a session: %s',
      async (asked) => {
        const [method = '', path = ''] = asked.split(' ');
        const { consoleUrl } = shared.session;
        const body = JSON.stringify({
          channel: 'C1',
          ts: '1',
          actionId: 'approve',
          userId: 'U0OPERATOR',
          mode: 'well',
        });
        const headers = { 'content-type': 'application/json', origin: new URL(consoleUrl).origin };
        const init = method === 'GET' ? {} : { method, headers, body };
        expect((await fetch(`${consoleUrl}${path}`, init)).status).toBe(401);
      },
    );

    it('takes no form, which is what a page of another origin could send', async () => {
      const token = issueToken(
        readApproverKey(shared.workspace.dataDir),
        { person: 'U0OPERATOR', use: 'answer' },
        inAMinute(),
      );
      const init = { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain', [APPROVER_HEADER]: token } };
      expect((await fetch(`${shared.session.consoleUrl}api/approvals/answer`, init)).status).toBe(415);
    });

    it('shows the task token nowhere: neither on the page, nor on the wire, while it is worth something', async () => {
      const { approval_id: id, execution_arn: executionArn } = await asked('900121');
      const { client, name: TableName } = shared.session.records.table;
      const stored = await client.send(new GetCommand({ TableName, Key: { PK: `TOKEN#${id}`, SK: 'TOKEN' } }));
      const token = String(stored.Item?.token);
      expect(token.length).toBeGreaterThan(20);
      const { url: endpoint, credentials } = shared.session.system;
      const states = new SFNClient({ endpoint, credentials, region: 'us-east-1' });
      const history = await states.send(new GetExecutionHistoryCommand({ executionArn }));
      const described = await states.send(new DescribeExecutionCommand({ executionArn }));
      states.destroy();
      const session = await signedIn();
      const pages = await Promise.all(
        [
          'api/approvals',
          `api/approvals/${id}`,
          'api/overview',
          `api/executions/${executionArn.split(':').at(-1)}`,
        ].map(async (path) => (await fetch(`${shared.session.consoleUrl}${path}`, session)).text()),
      );
      expect(pages.join()).toContain('900121');
      expect(history.events?.length).toBeGreaterThan(5);
      for (const text of [JSON.stringify(history), JSON.stringify(described), ...pages]) {
        expect(text.includes(token)).toBe(false);
      }
    });

    it('is not served on the AWS port, where nobody asks for a token', async () => {
      const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
      expect((await fetch(`${shared.session.system.url}/approvals/answer`, init)).status).toBe(404);
    });
  });
}
