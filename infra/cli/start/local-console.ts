import { join } from 'node:path';
import type { Access } from '../../console/access.ts';
import type { Page } from '../../console/bundle.ts';
import { type ConsoleServer, startConsole } from '../../console/server.ts';
import { createSchedulerStandIn } from '../../demo/stand-ins/scheduler/app.ts';
import { createSlackStandIn } from '../../demo/stand-ins/slack/app.ts';
import { createVgacStandIn } from '../../demo/stand-ins/vgac/app.ts';
import type { SlackSecrets } from './data-folder.ts';
import { OPERATORS, type Plan, SCHEDULER_SECRET, STRANGER } from './plan.ts';
import { portTrouble } from './port-trouble.ts';
import { STAND_IN_WARNING, usesSlackStandIn } from './real-schedulers.ts';
import type { Environment } from './settings.ts';

export interface LocalConsoleOptions {
  readonly plan: Plan;
  readonly page: Page;
  readonly dataDir: string;
  readonly consolePort: number;
  readonly environment: Environment;
  readonly slack: SlackSecrets;
  /** Asked for by name: the Slack stand-in runs although a configured cluster has a real scheduler. */
  readonly slackStandIn: boolean;
  /** What an operator should know. */
  readonly log: (message: string) => void;
}

export interface Clicks {
  readonly interactionsUrl: string;
  /** Why nobody may click in the stand-in now, in a sentence; null where they may. */
  refusal(): Promise<string | null>;
}

/**
 * The console's server, with the stand-ins for whatever the environment does not replace.
 * @param clicks where clicks in the Slack stand-in go, and why they may not; known only once the system listens
 * @throws CannotStart when its port cannot be had
 */
export function openConsole(
  options: LocalConsoleOptions,
  secrets: Readonly<Record<string, string>>,
  clicks: Clicks,
): Promise<ConsoleServer> {
  const { plan, page, consolePort, environment, log } = options;
  const schedulerKey = secrets[SCHEDULER_SECRET] ?? '';
  return startConsole({
    port: consolePort,
    page,
    mounts: (access) => ({
      ...(usesSlackStandIn(environment) && { '/slack': slackStandIn(options, clicks, access) }),
      ...(!environment.VGAC_API_BASE_URL && { '/vgac': createVgacStandIn(plan.predictions) }),
      ...(plan.schedulers.size > 0 && {
        '/schedulers': createSchedulerStandIn(plan.schedulers, { key: schedulerKey }),
      }),
    }),
    onError: (error) => log(`console: ${error.stack ?? error.message}`),
  }).catch((error: unknown) => {
    throw portTrouble(error, '--console-port', consolePort);
  });
}

function slackStandIn(
  { plan, dataDir, slack, slackStandIn: askedFor }: LocalConsoleOptions,
  clicks: Clicks,
  access: Access,
): ReturnType<typeof createSlackStandIn> {
  return createSlackStandIn({
    ...slack,
    access,
    refusesClicks: () => clicks.refusal(),
    ...(askedFor && { warning: STAND_IN_WARNING }),
    get interactionsUrl() {
      return clicks.interactionsUrl;
    },
    now: () => plan.clock.now(),
    // A trigger lives 3 seconds of the person at the page, also while a simulated day passes in a second.
    handNow: () => performance.now(),
    // A second of ours may be a day of messages: what Slack would refuse there says nothing about a real day.
    ...(plan.clockKind !== 'real' && { rateLimit: null }),
    ...(plan.keepsTables && { keptIn: join(dataDir, 'slack') }),
    users: () => [...OPERATORS, STRANGER],
  });
}
