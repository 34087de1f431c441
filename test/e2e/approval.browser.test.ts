import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { ExecutionView } from '../../infra/console/views.ts';
import { cookieFrom } from '../fixtures/console-session.ts';
import { JOB_ID } from './one-pending-job.ts';
import { useSystem } from './shared-system.ts';
import { answersWithoutSlack } from './without-slack.ts';
import { chromiumPath } from './workspace.ts';

const shared = useSystem();
const browserPath = chromiumPath();
const name =
  browserPath === null
    ? 'an approval in a browser (skipped: no Chromium; install it or set CHROMIUM_PATH)'
    : 'an approval in a browser';

describe.skipIf(browserPath === null)(name, () => {
  let page: Page;

  it('resumes the execution with one click, and the effect is done and recorded', { timeout: 60_000 }, async () => {
    shared.submit();
    page = await shared.browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });

    await page.goto(shared.session.signIn().url);
    await page.getByText('You answer as').waitFor();
    // What is listed so far is the page that said that nobody was signed in yet.
    faults.length = 0;
    await page.goto(`${shared.session.consoleUrl}#/`);
    const card = page.locator('.approval', { hasText: JOB_ID }).first();
    await card.getByText(`May the agent adjust-priority ${JOB_ID} → +100?`).waitFor();
    await card.getByRole('link', { name: 'Answer in Slack' }).click();

    await page.getByText('Human Review Needed').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Approved', { exact: false }).first().waitFor();
    await expect.poll(() => shared.session.system.engine.list({ status: 'RUNNING' }), { timeout: 20_000 }).toEqual([]);

    const row = await shared.row(JOB_ID);
    expect(row).toMatchObject({ status: 'approved', approved_effect: { status: 'done', intervened: true } });
    expect(row?.effect).toBeUndefined();
    expect(row?.approved_effect?.decisionId).toBe(`${row?.decision?.decisionId}.asked`);
    expect(shared.cluster.job(JOB_ID)?.priority).toBe(200);
    expect(await shared.session.records.approval(row?.decision?.decisionId ?? '')).toMatchObject({
      status: 'approved',
      decided_by: 'U0OPERATOR',
    });

    const execution = shared.session.system.engine.list()[0];
    await page.goto(`${shared.session.consoleUrl}#/execution/${encodeURIComponent(execution?.name ?? '')}`);
    await page.getByRole('heading', { name: JOB_ID }).waitFor();
    await page.locator('.path', { hasText: 'RequestApproval' }).getByText('Act', { exact: true }).waitFor();
    await page.getByText('done: adjust-priority').waitFor();
    await page.locator('.states li', { hasText: 'RequestApproval' }).getByText('Input').click();
    expect(faults).toEqual([]);
  });

  it('takes the effect back with one click on Undo, and reads it back', { timeout: 60_000 }, async () => {
    await page.goto(`${shared.session.consoleUrl}slack`);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => shared.cluster.job(JOB_ID)?.priority, { timeout: 20_000 }).toBe(100);
    await page.getByText('Undone', { exact: false }).first().waitFor();
    const row = await shared.row(JOB_ID);
    expect(row?.approved_effect).toMatchObject({ status: 'undone', intervened: true });
  });

  it('shows no task token and no secret, neither on the page nor behind it', async () => {
    const [execution] = shared.session.system.engine.list();
    const answer = await fetch(
      `${shared.session.consoleUrl}api/executions/${encodeURIComponent(execution?.name ?? '')}`,
      { headers: { cookie: await cookieFrom(shared.session.signIn().url) } },
    );
    const text = await answer.text();
    const view: ExecutionView = JSON.parse(text);
    expect(view.path).toContain('RequestApproval');
    expect(view.states.every(({ leftAt }) => leftAt !== null)).toBe(true);
    expect(text).not.toMatch(/"(task_?token|token)":"(?!\[redacted\])/i);
    expect(text).not.toContain('xoxb-');
  });

  it('refuses foreign hosts and changes asked for by other origins', async () => {
    const { hostname, port } = new URL(shared.session.consoleUrl);
    const { request } = await import('node:http');
    const ask = (method: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request({ hostname, port, method, path: '/slack/click', headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.on('error', reject).end();
      });
    expect(await ask('GET', { host: 'evil.example' })).toBe(403);
    expect(await ask('POST', { host: `127.0.0.1:${port}`, origin: 'https://evil.example' })).toBe(403);
    expect(await ask('POST', { host: `127.0.0.1:${port}`, 'sec-fetch-site': 'cross-site' })).toBe(403);
  });
});

describe('answering without Slack', { timeout: 60_000 }, () => answersWithoutSlack(shared));
