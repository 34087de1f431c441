import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { Session } from '../../infra/cli/start/session.ts';
import type { SimulatedCluster } from '../../infra/demo/simulator/cluster.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import { trustVgac } from '../fixtures/forecasts.ts';
import { onePendingJob } from './one-pending-job.ts';
import { chromiumPath, makeWorkspace, type Workspace } from './workspace.ts';

/** One system and one browser for all tests of a file: starting them takes longer than most tests. */
export interface SharedSystem {
  readonly workspace: Workspace;
  readonly session: Session;
  /** Only where there is a Chromium. */
  readonly browser: Browser;
  readonly cluster: SimulatedCluster;
  submit(jobId?: string): void;
  /** The row of a job of the cluster. */
  row(jobId: string): Promise<JobItem | null>;
}

class NotStarted extends Error {
  override readonly name = 'NotStarted' as const;
}

export function useSystem(): SharedSystem {
  const { plan, cluster, submit } = onePendingJob();
  let workspace: Workspace | undefined;
  let session: Session | undefined;
  let running: Promise<void> | undefined;
  let browser: Browser | undefined;
  const open = async () => {
    workspace = await makeWorkspace();
    session = await workspace.open(plan);
    await trustVgac(session.records.table, cluster.clusterId, { labels: 0 });
    running = session.run();
  };
  const launch = async () => {
    const executablePath = chromiumPath();
    if (executablePath === null) return;
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  };
  beforeAll(() => Promise.all([open(), launch()]), 120_000);
  afterAll(async () => {
    await browser?.close();
    session?.stop();
    await running;
    await session?.close();
    workspace?.remove();
  });
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new NotStarted('use it inside a test');
    return part;
  };
  return {
    get workspace() {
      return started(workspace);
    },
    get session() {
      return started(session);
    },
    get browser() {
      return started(browser);
    },
    cluster,
    submit,
    row(jobId) {
      const submittedAt = new Date(cluster.job(jobId)?.submittedAt ?? 0).toISOString();
      return started(session).records.job({ clusterId: cluster.clusterId, jobId, submittedAt });
    },
  };
}
