import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyClusters } from '../../infra/cli/configure/apply-clusters.ts';
import { CannotStart } from '../../infra/cli/start/cannot-start.ts';
import { idlePlan } from '../../infra/cli/start/idle-plan.ts';
import { STAND_IN_WARNING } from '../../infra/cli/start/real-schedulers.ts';
import type { Session, SessionOptions } from '../../infra/cli/start/session.ts';
import { ClusterConfig } from '../../schemas/config.ts';
import { cookieFrom } from '../fixtures/console-session.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

const cluster = (dryRun: boolean) =>
  ClusterConfig.parse({
    clusterId: 'gpu-a',
    platform: 'slurm',
    dryRun,
    scheduler: { kind: 'simulated', endpoint: 'http://127.0.0.1:9/slurm', secret: 'slurm-key' },
  });

describe('a configured, real scheduler', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await makeWorkspace();
  }, 60_000);
  afterAll(() => workspace.remove());

  async function during<T>(more: Partial<SessionOptions>, look: (session: Session) => Promise<T>): Promise<T> {
    const session = await workspace.open(idlePlan(), more);
    try {
      return await look(session);
    } finally {
      await session.close();
    }
  }
  /** The page of the stand-in as the owner sees it, and what a click there is answered. */
  async function standIn({ consoleUrl, signIn }: Session) {
    const cookie = await cookieFrom(signIn().url);
    const page = await (await fetch(`${consoleUrl}slack/`, { headers: { cookie } })).text();
    const overview = await (await fetch(`${consoleUrl}api/overview`, { headers: { cookie } })).json();
    const token = /data-token="([^"]+)"/.exec(page)?.[1] ?? '';
    const headers = { cookie, 'x-page-token': token, origin: new URL(consoleUrl).origin };
    const body = JSON.stringify({ channel: 'C1', ts: '1', actionId: 'approve', userId: 'U0OPERATOR' });
    const click = await fetch(`${consoleUrl}slack/click`, { method: 'POST', headers, body });
    return { page, overview, clicked: await click.text() };
  }
  const gone = 'this button no longer exists';

  it('refuses the start beside the Slack stand-in, before anything is opened to anybody', async () => {
    const refused = during({ configuration: [cluster(false)] }, async () => 'started');
    await expect(refused).rejects.toThrow(CannotStart);
    await expect(refused).rejects.toThrow(/^Cluster gpu-a has a real scheduler, .*--slack-stand-in\.$/);
  });

  it('stops the clicks as soon as a cluster is configured to act on one', async () => {
    const clicked = await during({ configuration: [cluster(true)] }, async (session) => {
      const before = await standIn(session);
      expect([before.clicked.includes(gone), before.overview]).toEqual([
        true,
        expect.objectContaining({ warning: null }),
      ]);
      await applyClusters(session.records.table, [cluster(false)], new Date());
      return (await standIn(session)).clicked;
    });
    expect(clicked).toContain('Cluster gpu-a has a real scheduler');
  });

  it('refuses the next start too, which names no configuration', async () => {
    await expect(during({}, async () => 'started')).rejects.toThrow(/^Cluster gpu-a has a real scheduler/);
  });

  it('is no matter where the stand-in is asked for by name, which every page then says, or not used', async () => {
    await during({ slackStandIn: true }, async (session) => {
      expect(session.warning).toBe(STAND_IN_WARNING);
      const { page, overview, clicked } = await standIn(session);
      expect(page).toContain('role="alert">The Slack stand-in is on beside real schedulers');
      expect(overview).toMatchObject({ warning: STAND_IN_WARNING });
      expect(clicked).toContain(gone);
    });
    const environment = { SLACK_API_BASE_URL: 'http://127.0.0.1:9/slack' };
    expect(await during({ environment }, async ({ warning }) => warning)).toBeNull();
  });
});
