import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder, type SlackSecrets, slackSecrets } from '../../infra/cli/start/data-folder.ts';
import type { Plan } from '../../infra/cli/start/plan.ts';
import { openSession, type Session, type SessionOptions } from '../../infra/cli/start/session.ts';
import { synthesize } from '../../infra/cli/start/synthesis.ts';
import { bundlePage, type Page } from '../../infra/console/bundle.ts';

/** Where a browser may be; null skips what needs one. */
export function chromiumPath(): string | null {
  const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  return existsSync(path) ? path : null;
}

/** A data folder with the assembly in it, made once: synthesizing takes most of the time of a start. */
export interface Workspace {
  readonly dataDir: string;
  readonly assemblyDir: string;
  readonly page: Page;
  readonly slack: SlackSecrets;
  open(
    plan: Plan,
    more?: Partial<Pick<SessionOptions, 'log' | 'environment' | 'configuration' | 'slackStandIn' | 'consolePort'>>,
  ): Promise<Session>;
  remove(): void;
}

export async function makeWorkspace(): Promise<Workspace> {
  const dataDir = await openDataFolder(mkdtempSync(join(tmpdir(), 'vgac-e2e-')), { fresh: false });
  const [{ directory: assemblyDir }, page, slack] = await Promise.all([
    synthesize(join(dataDir, 'assembly'), {}),
    bundlePage(),
    slackSecrets(dataDir, {}),
  ]);
  return {
    dataDir,
    assemblyDir,
    page,
    slack,
    open: (plan, more) =>
      openSession({
        ...{ plan, page, assemblyDir, dataDir, slack },
        port: 0,
        consolePort: 0,
        environment: {},
        configuration: [],
        slackStandIn: false,
        log: () => undefined,
        ...more,
      }),
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}
