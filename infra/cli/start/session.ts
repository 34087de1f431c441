import type { Figures } from '../../../functions/domain/figures.ts';
import { isConfigured } from '../../../functions/domain/proposal.ts';
import { TIERS } from '../../../functions/domain/thresholds.ts';
import type { ClusterConfig } from '../../../schemas/config.ts';
import { SYSTEM, TABLE_NAME } from '../../aws/names.ts';
import { answerBy } from '../../console/answers.ts';
import { makeApproverKey } from '../../console/approver-token.ts';
import { Executions, namesOf } from '../../console/executions.ts';
import { openRecords, type Records } from '../../console/records.ts';
import { Redactor } from '../../console/redact.ts';
import type { ConsoleServer } from '../../console/server.ts';
import type { Holder } from '../../console/sessions.ts';
import type { ConsoleSource } from '../../console/source.ts';
import type { Notice, Overview, Tally } from '../../console/views.ts';
import type { HistoryEvent } from '../../runtime/engine/history.ts';
import { createShutdown, type Shutdown } from '../../runtime/shutdown.ts';
import { type System, type SystemOptions, startSystem } from '../../runtime/system.ts';
import { applyClusters } from '../configure/apply-clusters.ts';
import { announce } from '../running-system.ts';
import { account } from './account.ts';
import { CannotStart } from './cannot-start.ts';
import { runTables } from './data-folder.ts';
import { type LocalConsoleOptions, openConsole } from './local-console.ts';
import { MonitorWatch } from './monitor-watch.ts';
import type { Feeding, Spared } from './plan.ts';
import { portTrouble } from './port-trouble.ts';
import { putCollected } from './put-collected.ts';
import { realSchedulers, STAND_IN_WARNING, standInRefusal, usesSlackStandIn } from './real-schedulers.ts';
import { reconcile } from './reconcile.ts';
import { baseUrls, secretValues } from './settings.ts';
import { untilFolded } from './settle.ts';
import type { Summary } from './summary.ts';
import { tierRecord } from './tier-record.ts';
import { Watch } from './watch.ts';

export interface SessionOptions extends LocalConsoleOptions {
  readonly assemblyDir: string;
  readonly port: number;
  readonly keeping?: SystemOptions['keeping'];
  readonly onLost?: SystemOptions['onLost'];
  /** Values of the secrets that the configuration names. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Of a file; clusters that it does not name keep the plan's own. */
  readonly configuration: readonly ClusterConfig[];
  readonly onNotice?: (notice: Notice) => void;
  /** Receives every history event, as the console does. */
  readonly onHistory?: (executionArn: string, event: HistoryEvent) => void;
}

export interface Session {
  readonly consoleUrl: string;
  /** Said in red: what whoever starts this, or looks at its page, must know; null where there is nothing of the kind. */
  readonly warning: string | null;
  /**
   * A new link that signs a browser in, once and for a short time: as the owner of this machine, who answers on the console
   * as the first configured approver; `person` is null where there is none. A credential.
   */
  signIn(): { readonly person: string | null; readonly url: string };
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
  /** Share of the feed that has been published; null where it has no end. */
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

/**
 * Starts everything on this machine: console and stand-ins on one port, the system on the other, configuration applied.
 * Feeding begins with `run`.
 * @throws CannotStart when a port cannot be had, and what startSystem throws; nothing is left open then
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const shutdown = createShutdown([]);
  try {
    return await open(options, shutdown);
  } catch (error) {
    await shutdown.close();
    throw error;
  }
}

async function open(options: SessionOptions, shutdown: Shutdown): Promise<Session> {
  const { plan, dataDir } = options;
  const secrets = { ...options.secrets, ...secretValues(options.environment, options.slack) };
  const clicks = { interactionsUrl: '', refusal: async (): Promise<string | null> => null };
  const console = await openConsole(options, secrets, clicks);
  shutdown.add(() => console.close());
  const clusters = clustersOf(options, console.url);
  refuseRealSchedulers(realOf(options, console.url, clusters));

  // What an earlier start left behind may decide jobs before the tables can be read.
  let opened: Records | null = null;
  const tops = new Map(clusters.map((config) => [config.clusterId, topOf(config)]));
  const watch = new Watch(
    (notice) => options.onNotice?.(notice),
    (clusterId, tier) => (opened === null ? null : tierRecord(opened, clusterId, tier)),
    (clusterId) => tops.get(clusterId) ?? TIERS.length,
  );
  const executions = new Executions((seen) => watch.decided(seen));
  const monitor = new MonitorWatch((said, at) => watch.system(said, at), plan.clock.now(), plan.clockKind);
  const looking = setInterval(() => monitor.look(plan.clock.now()), LOOK_EVERY_MS).unref();
  shutdown.add(() => clearInterval(looking));
  plan.onHappening?.((happening) => watch.happened(happening, plan.clock.now()));

  const system = await openSystem(options, { secrets, console, executions, monitor, shutdown });
  clicks.interactionsUrl = `${system.url}/slack/interactions`;
  const records = openRecords({ endpoint: system.url, credentials: system.credentials, tableName: TABLE_NAME });
  opened = records;
  shutdown.add(() => records.close());
  await applyClusters(records.table, clusters, new Date(plan.clock.now()), plan.newSalt);
  // An earlier start may have left clusters behind, and others may be configured while this one runs.
  const real = async () => {
    const configured = await records.configs(await records.clusterIds());
    return realOf(options, console.url, [...configured.values()]);
  };
  refuseRealSchedulers(await real());
  const lost = await reconcile({ system, records });
  if (lost !== null) options.log(lost);
  clicks.refusal = async () => standInRefusal(await real());

  const approverKey = makeApproverKey(dataDir);
  const live: Live = { options, console, system, records, watch, executions, monitor, phase: 'starting' };
  const owner: Holder = { person: firstApprover(clusters), owner: true };
  console.show(consoleSource(live, { approverKey, owner, redactor: new Redactor(Object.values(secrets)) }));
  shutdown.add(announce(dataDir, { endpoint: system.url, console: console.url }));
  return sessionOf(live, owner, shutdown.close);
}

/** Where nothing happens there is no event to notice it by. */
const LOOK_EVERY_MS = 60_000;

/** A session while it lives: what it is made of, and how far it is. */
interface Live {
  readonly options: SessionOptions;
  readonly console: ConsoleServer;
  readonly system: System;
  readonly records: Records;
  readonly watch: Watch;
  readonly executions: Executions;
  readonly monitor: MonitorWatch;
  phase: Overview['phase'];
}

const simulatorUrl = (consoleUrl: string) => `${consoleUrl}schedulers`;

/** The clusters of the file, and those of the plan that it does not name. */
function clustersOf({ plan, environment, configuration }: SessionOptions, consoleUrl: string): ClusterConfig[] {
  const { vgac } = baseUrls(environment, consoleUrl);
  const builtIn = plan.configuration({ vgac, scheduler: simulatorUrl(consoleUrl) });
  const named = new Set(configuration.map(({ clusterId }) => clusterId));
  return [...configuration, ...builtIn.filter(({ clusterId }) => !named.has(clusterId))];
}

async function openSystem(
  options: SessionOptions,
  parts: {
    readonly secrets: Readonly<Record<string, string>>;
    readonly console: ConsoleServer;
    readonly executions: Executions;
    readonly monitor: MonitorWatch;
    readonly shutdown: Shutdown;
  },
): Promise<System> {
  const { plan, environment, dataDir, port } = options;
  const { secrets, executions, monitor, shutdown } = parts;
  const urls = baseUrls(environment, parts.console.url);
  const tables = plan.keepsTables ? null : await runTables(dataDir);
  if (tables !== null) shutdown.add(() => tables.remove());
  const system = await startSystem({
    assemblyDir: options.assemblyDir,
    dataDir,
    port,
    clock: plan.clock,
    environment: {
      VGAC_API_BASE_URL: urls.vgac,
      SLACK_API_BASE_URL: urls.slack,
      ...(environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME && {
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME,
      }),
    },
    secrets,
    log: options.log,
    keeping: options.keeping ?? {},
    ...(options.onLost && { onLost: options.onLost }),
    ...(tables && { tablesDir: tables.path }),
    onHistory(arn, event) {
      executions.observe(arn, event);
      monitor.observe(namesOf(arn).machine, event);
      options.onHistory?.(arn, event);
    },
  }).catch((error: unknown) => {
    throw portTrouble(error, '--port', port);
  });
  shutdown.add(() => system.close());
  return system;
}

/** What the console shows, live, and who may answer on it. */
function consoleSource(
  live: Live,
  {
    approverKey,
    owner,
    redactor,
  }: { readonly approverKey: Buffer; readonly owner: Holder; readonly redactor: Redactor },
): ConsoleSource {
  const { options, system, records, watch, executions } = live;
  const { plan, environment } = options;
  return {
    executions,
    scores: watch.scores,
    settled: watch.settled,
    records,
    redactor,
    desk: { approverKey, answer: answerBy(system.functions, ANSWER_APPROVAL) },
    signIn: { approverKey, owner },
    notices: () => {
      live.monitor.look(plan.clock.now());
      return watch.notices();
    },
    history: (arn) => system.engine.history(arn),
    now: () => plan.clock.now(),
    clock: plan.clockKind,
    phase: () => live.phase,
    description: plan.description,
    slackUrl: usesSlackStandIn(environment) ? '/slack/' : null,
    warning: warningOf(options),
  };
}

/** Whoever the configuration names first as an approver. */
function firstApprover(clusters: readonly ClusterConfig[]): string | null {
  return clusters.flatMap(({ approvers }) => [...approvers.suggest, ...approvers.gate])[0] ?? null;
}

/** Clusters beside which the Slack stand-in does not run; none where it is not used, or was asked for by name. */
function realOf(options: SessionOptions, consoleUrl: string, clusters: readonly ClusterConfig[]): string[] {
  if (!usesSlackStandIn(options.environment) || options.slackStandIn) return [];
  return realSchedulers(clusters, simulatorUrl(consoleUrl));
}

function refuseRealSchedulers(real: readonly string[]): void {
  const refusal = standInRefusal(real);
  if (refusal !== null) throw new CannotStart(refusal);
}

function warningOf({ environment, slackStandIn }: SessionOptions): string | null {
  return usesSlackStandIn(environment) && slackStandIn ? STAND_IN_WARNING : null;
}

function sessionOf(live: Live, owner: Holder, close: () => Promise<void>): Session {
  const { console, system, records, watch, executions } = live;
  const { plan } = live.options;
  let feeding: Feeding | null = null;
  let stopped = false;
  const halt = Promise.withResolvers<void>();
  /** Until everything is fed and folded, or somebody has had enough. */
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
    warning: warningOf(live.options),
    signIn: () => ({ person: owner.person, url: console.signInLink(owner) }),
    description: plan.description,
    system,
    records,
    watch,
    async run() {
      live.phase = plan.clockKind === 'simulated' ? 'running' : 'idle';
      if (!stopped) await Promise.race([feedAll(), halt.promise]);
      plan.pause();
      await system.settled();
      live.phase = 'ended';
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
