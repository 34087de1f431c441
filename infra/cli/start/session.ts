import { join } from 'node:path';
import type { Figures } from '../../../functions/domain/figures.ts';
import { isConfigured } from '../../../functions/domain/proposal.ts';
import { TIERS } from '../../../functions/domain/thresholds.ts';
import type { ClusterConfig } from '../../../schemas/config.ts';
import { COLLECTOR_SOURCE } from '../../../schemas/events/collector.ts';
import { BUS_NAME, SYSTEM, TABLE_NAME } from '../../aws/names.ts';
import { answerBy } from '../../console/answers.ts';
import { approverOf, makeApproverKey } from '../../console/approver-token.ts';
import type { Page } from '../../console/bundle.ts';
import { Executions } from '../../console/executions.ts';
import { openRecords, type Records } from '../../console/records.ts';
import { Redactor } from '../../console/redact.ts';
import { type ConsoleServer, startConsole } from '../../console/server.ts';
import { signInLink } from '../../console/sign-in.ts';
import type { Notice, Overview, Tally } from '../../console/views.ts';
import type { CollectorEvent } from '../../demo/feed/timeline.ts';
import { createSchedulerStandIn } from '../../demo/stand-ins/scheduler/app.ts';
import { createSlackStandIn } from '../../demo/stand-ins/slack/app.ts';
import { createVgacStandIn } from '../../demo/stand-ins/vgac/app.ts';
import type { HistoryEvent } from '../../runtime/engine/history.ts';
import { type System, startSystem } from '../../runtime/system.ts';
import { applyClusters } from '../configure/apply-clusters.ts';
import { announce } from '../running-system.ts';
import { account } from './account.ts';
import { runTables, type SlackSecrets } from './data-folder.ts';
import { type Feeding, OPERATORS, type Plan, SCHEDULER_SECRET, type Spared, STRANGER } from './plan.ts';
import { portTrouble } from './port-trouble.ts';
import { baseUrls, type Environment, secretValues } from './settings.ts';
import { untilFolded } from './settle.ts';
import type { Summary } from './summary.ts';
import { tierRecord } from './tier-record.ts';
import { Watch } from './watch.ts';

export interface SessionOptions {
  readonly plan: Plan;
  readonly page: Page;
  readonly assemblyDir: string;
  readonly dataDir: string;
  readonly port: number;
  readonly consolePort: number;
  readonly environment: Environment;
  readonly slack: SlackSecrets;
  /** Values of the secrets that the configuration names. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Of a file; clusters that it does not name keep the plan's own. */
  readonly configuration: readonly ClusterConfig[];
  readonly onNotice?: (notice: Notice) => void;
  /** Told of every history event, beside the console. */
  readonly onHistory?: (executionArn: string, event: HistoryEvent) => void;
  /** What an operator should know. */
  readonly log: (message: string) => void;
}

export interface Session {
  readonly consoleUrl: string;
  /** A link with which the first configured approver can answer on the console; null where there is none. A credential. */
  readonly signIn: { readonly person: string; readonly url: string } | null;
  /** What is being fed, in words. */
  readonly description: string;
  readonly system: System;
  readonly records: Records;
  /** What has happened so far, for the screen. */
  readonly watch: Watch;
  /** Feeds; resolves when every job is decided and folded, or after `stop`. Time stands still afterwards. */
  run(): Promise<void>;
  /** Ends the feed early; what is in flight still settles. */
  stop(): void;
  /** Share of the feed that has been told; null where there is no end. */
  share(): number | null;
  tally(): Tally;
  /** What became of the jobs of one cluster so far. */
  figuresOf(clusterId: string): Readonly<Figures>;
  /** On the system's clock, ms. */
  now(): number;
  /** Simulated time stands still until the returned release is called. */
  hold(): () => void;
  /** What people were spared, against the same jobs with nobody acting; null where nothing is simulated. */
  spared(): readonly Spared[] | null;
  summary(): Promise<Summary>;
  close(): Promise<void>;
}

const ANSWER_APPROVAL = `${SYSTEM}-answer-approval`;

/** At most this many entries fit into one PutEvents. */
const PUT_LIMIT = 10;

/** The bus refused a collector's event. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused' as const;
}

/** Puts collector events on the bus, as many at a time as it takes. Throws EventRefused. */
export function putCollected(system: Pick<System, 'putEvents'>, events: readonly CollectorEvent[]): void {
  for (let from = 0; from < events.length; from += PUT_LIMIT) {
    const { Entries } = system.putEvents(
      events.slice(from, from + PUT_LIMIT).map(({ type, detail }) => ({
        EventBusName: BUS_NAME,
        Source: COLLECTOR_SOURCE,
        DetailType: type,
        Detail: JSON.stringify(detail),
      })),
    );
    const refused = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
    if (refused) throw new EventRefused(`${refused.ErrorCode}: ${refused.ErrorMessage ?? 'no reason given'}`);
  }
}

/**
 * Starts everything on this machine: console and stand-ins on one port, the system on the other, configuration applied.
 * Feeding begins with `run`. Throws PortUnavailable and what startSystem throws; nothing is left open then.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { plan, environment, log } = options;
  const { clock } = plan;
  const secrets = { ...options.secrets, ...secretValues(environment, options.slack) };
  let opened: Records | null = null;
  /** The highest tier of each configured cluster that has something to do. */
  const tops = new Map<string, number>();
  const watch = new Watch(
    (notice) => options.onNotice?.(notice),
    (clusterId, tier) => (opened === null ? null : tierRecord(opened, clusterId, tier)),
    (clusterId) => tops.get(clusterId) ?? TIERS.length,
  );
  const executions = new Executions((seen) => watch.decided(seen));
  plan.onHappening?.((happening) => watch.happened(happening, clock.now()));
  const slack = { interactionsUrl: '' };
  let phase: Overview['phase'] = 'starting';

  const console = await openConsole(options, secrets, slack).catch((error: unknown) => {
    throw portTrouble(error, '--console-port', options.consolePort);
  });
  const tables = plan.keepsTables ? null : await runTables(options.dataDir);
  let system: System | undefined;
  try {
    const urls = baseUrls(environment, console.url);
    system = await startSystem({
      assemblyDir: options.assemblyDir,
      dataDir: options.dataDir,
      port: options.port,
      clock,
      environment: {
        VGAC_API_BASE_URL: urls.vgac,
        SLACK_API_BASE_URL: urls.slack,
        ...(environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME && {
          AWS_ENDPOINT_URL_BEDROCK_RUNTIME: environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME,
        }),
      },
      secrets,
      log,
      ...(tables && { tablesDir: tables.path }),
      onHistory: (arn, event) => {
        executions.observe(arn, event);
        options.onHistory?.(arn, event);
      },
    }).catch((error: unknown) => {
      throw portTrouble(error, '--port', options.port);
    });
    slack.interactionsUrl = `${system.url}/slack/interactions`;
    const records = openRecords({ endpoint: system.url, credentials: system.credentials, tableName: TABLE_NAME });
    opened = records;
    const builtIn = plan.configuration({ vgac: urls.vgac, scheduler: `${console.url}schedulers` });
    const named = new Set(options.configuration.map(({ clusterId }) => clusterId));
    const clusters = [...options.configuration, ...builtIn.filter(({ clusterId }) => !named.has(clusterId))];
    for (const config of clusters) tops.set(config.clusterId, topOf(config));
    await applyClusters(records.table, clusters, new Date(clock.now()), plan.newSalt);
    const engine = system.engine;
    const approverKey = makeApproverKey(options.dataDir);
    const [approver] = clusters.flatMap(({ approvers }) => [...approvers.suggest, ...approvers.gate]);
    console.show({
      executions,
      scores: watch.scores,
      settled: watch.settled,
      records,
      redactor: new Redactor(Object.values(secrets)),
      desk: {
        // A link lives in the hours of whoever holds it, also while a simulated day passes in a second.
        approverOf: (token) => approverOf(approverKey, token, new Date()),
        answer: answerBy(system.functions, ANSWER_APPROVAL),
      },
      notices: () => watch.notices(),
      history: (arn) => engine.history(arn),
      now: () => clock.now(),
      clock: plan.clockKind,
      phase: () => phase,
      description: plan.description,
      slackUrl: environment.SLACK_API_BASE_URL ? null : '/slack/',
    });
    const withdraw = announce(options.dataDir, { endpoint: system.url, console: console.url });
    const close = async () => {
      withdraw();
      records.close();
      await system?.close();
      await tables?.remove();
      await console.close();
    };
    const signIn = approver
      ? { person: approver, url: signInLink(approverKey, console.url, approver, new Date()) }
      : null;
    return live({
      options,
      signIn,
      console,
      system,
      records,
      watch,
      executions,
      close,
      setPhase: (next) => (phase = next),
    });
  } catch (error) {
    await system?.close();
    await tables?.remove();
    await console.close();
    throw error;
  }
}

/** The console's server with the stand-ins that nothing replaces. Clicks go where `slack` says at that time. */
function openConsole(
  { plan, page, dataDir, consolePort, environment, slack: slackSecrets, log }: SessionOptions,
  secrets: Readonly<Record<string, string>>,
  slack: { readonly interactionsUrl: string },
): Promise<ConsoleServer> {
  const slackStandIn = () =>
    createSlackStandIn({
      ...slackSecrets,
      // Known only once the system listens.
      get interactionsUrl() {
        return slack.interactionsUrl;
      },
      now: () => plan.clock.now(),
      // A trigger lives 3 seconds of the person at the page, also while a simulated day passes in a second.
      handNow: () => performance.now(),
      // A second of ours may be a day of messages: what Slack would refuse there says nothing about a real day.
      ...(plan.clockKind !== 'real' && { rateLimit: null }),
      ...(plan.keepsTables && { keptIn: join(dataDir, 'slack') }),
      users: () => [...OPERATORS, STRANGER],
    });
  const schedulerKey = secrets[SCHEDULER_SECRET] ?? '';
  return startConsole({
    port: consolePort,
    page,
    mounts: {
      ...(!environment.SLACK_API_BASE_URL && { '/slack': slackStandIn() }),
      ...(!environment.VGAC_API_BASE_URL && { '/vgac': createVgacStandIn(plan.predictions) }),
      ...(plan.schedulers.size > 0 && {
        '/schedulers': createSchedulerStandIn(plan.schedulers, { key: schedulerKey }),
      }),
    },
    onError: (error) => log(`console: ${error.stack ?? error.message}`),
  });
}

function live(parts: {
  signIn: Session['signIn'];
  options: SessionOptions;
  console: ConsoleServer;
  system: System;
  records: Records;
  watch: Watch;
  executions: Executions;
  setPhase: (phase: Overview['phase']) => void;
  close: () => Promise<void>;
}): Session {
  const { signIn, console, system, records, watch, executions, setPhase, close } = parts;
  const { plan } = parts.options;
  let feeding: Feeding | null = null;
  let stopped = false;
  const halt = Promise.withResolvers<void>();
  /** Until all is told and folded, or somebody has had enough. */
  const feedAll = async (): Promise<void> => {
    feeding = plan.start((events) => putCollected(system, events));
    await feeding.done;
    await system.settled();
    if (plan.clockKind === 'simulated') {
      await untilFolded({ clock: plan.clock, records, executions, stopped: () => stopped });
    }
  };
  return {
    consoleUrl: console.url,
    signIn,
    description: plan.description,
    system,
    records,
    watch,
    async run() {
      setPhase(plan.clockKind === 'simulated' ? 'running' : 'idle');
      if (!stopped) await Promise.race([feedAll(), halt.promise]);
      plan.pause();
      await system.settled();
      setPhase('ended');
    },
    stop() {
      stopped = true;
      feeding?.stop();
      halt.resolve();
    },
    share: () => feeding?.progress() ?? null,
    tally: () => executions.tally,
    figuresOf: (clusterId) => executions.figuresOf(clusterId),
    now: () => plan.clock.now(),
    hold: () => plan.clock.hold(),
    spared: () => plan.spared?.() ?? null,
    summary: () => account(system.queues, executions, records),
    close,
  };
}

function topOf(config: Pick<ClusterConfig, 'actions'>): number {
  return TIERS.reduce((top, _, i) => (isConfigured(i + 1, config) ? i + 1 : top), 0);
}
