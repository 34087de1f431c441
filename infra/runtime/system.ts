import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Authorize, createAuthorize, userArn } from './access/authorize.ts';
import { type Call, createCalls, diskFull } from './access/calls.ts';
import { loadAssembly } from './assembly/load.ts';
import type { TargetSpec } from './assembly/specs.ts';
import { backupService } from './backup.ts';
import { createAdmission } from './bus/admission.ts';
import { createBus, type PutEventsEntry } from './bus/bus.ts';
import { deliverer } from './bus/delivery.ts';
import { type Clock, realClock } from './clock/clock.ts';
import { openManifest } from './data-folder.ts';
import { type Descriptors, watchDescriptors } from './descriptors.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import { Refusal } from './engine/errors.ts';
import type { HistoryEvent } from './engine/history.ts';
import { Json } from './engine/json.ts';
import { lostChange, type StatusChange } from './engine/status-change.ts';
import { asyncInvoker } from './functions/async-invocation.ts';
import { lambdaEnvironment } from './functions/environment.ts';
import { createFunctionHost, type FunctionHost } from './functions/host.ts';
import { openLogFiles } from './functions/log-files.ts';
import { createIntegrations } from './integrations.ts';
import { type Disk, folderDisk } from './journal/disk.ts';
import { HEAD } from './journal/head.ts';
import { memoryJournal, openJournal } from './journal/journal.ts';
import { lockFolder } from './journal/lock.ts';
import { createQueues } from './services/queues.ts';
import { type Load, NotRetriable } from './services/retries.ts';
import { secretsManager } from './services/secrets.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';
import { type Keeping, openDynamo } from './tables/dynamo.ts';
import { COUNT_FILE } from './tables/storage/commit-count.ts';
import { TABLES_FILE } from './tables/storage/sqlite-file.ts';
import { watchFolder } from './watch-folder.ts';
import { dataFolderCredentials, functionCredentials, tokenKey } from './wire/credentials.ts';
import { eventBridge } from './wire/event-bridge.ts';
import { createHttpApi } from './wire/http-api.ts';
import { openKeyRing } from './wire/key-ring.ts';
import { openWire } from './wire/server.ts';
import { stepFunctions } from './wire/step-functions.ts';

/** What must stay in its place while it is written. */
const WRITTEN = [
  'journal',
  `journal/${HEAD}`,
  'tables',
  ...[TABLES_FILE, `${TABLES_FILE}-wal`, COUNT_FILE].map((name) => `tables/${name}`),
];

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const DEFAULT_THREADS = 2;
/**
 * More executions at work would only wait for each other. An event that waits takes about 3 KB; beyond so many the bus
 * throttles, and collectors come back. So it does where the events that wait are large: each is in memory some three times.
 */
const ADMIT = { atWork: 64, waiting: 100_000, characters: 128 * 2 ** 20 };
/** How long a write that the disk refused waits before it is tried again. */
const FULL_MS = 1000;
/** Why an execution is told to have failed that nobody saw fail. */
const LOST = 'no execution works on it any more: the journal and the tables are of different times';

export interface SystemOptions {
  /** What `cdk synth` wrote. */
  readonly assemblyDir: string;
  /** Kept between runs: access key, tables, logs. */
  readonly dataDir: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Closed together with the system. */
  readonly clock: Clock;
  /** When the disk is tried again: a simulated clock stands still while work waits for that. Closed with the system. */
  readonly wall?: Clock;
  /** Added to the environment of every function; wins over the template. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Values of secrets by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Told what an operator should know: what is lost, dead-lettered, missing. Never told a secret. */
  readonly log: (message: string) => void;
  readonly random?: () => number;
  readonly newId?: () => string;
  /** Threads per function at most. */
  readonly maxThreads?: number;
  /** Tables and executions in memory: they are gone when the system closes. */
  readonly inMemory?: boolean;
  /** Where a run that begins with nothing has its tables; its executions are in memory. By default all is kept in the data folder. */
  readonly tablesDir?: string;
  /** How safely what is kept is written, and whether to go on without what is missing. */
  readonly keeping?: Keeping;
  /** Told when the journal or the tables were removed while they are written: nothing may be acknowledged any more. */
  readonly onLost?: (sentence: string) => void;
  /** Where the journal is written; by default in the data folder. */
  readonly disk?: Disk;
  readonly onHistory?: (executionArn: string, event: HistoryEvent) => void;
  /** The file descriptors of this process; tests give others. */
  readonly descriptors?: Descriptors;
  /** How many executions of events work at once, how many events may wait for that, and of how many characters in all. */
  readonly admit?: { readonly atWork: number; readonly waiting: number; readonly characters?: number };
}

export type System = Awaited<ReturnType<typeof startSystem>>;

/**
 * Runs a synthesized assembly on this machine: its tables, buses, rules, schedules, queues, functions, machines and
 * routes, behind one loopback port.
 * @throws UnsupportedAssembly, UnsupportedDefinition when it asks for something this runtime does not do
 * @throws FolderInUse when another process runs on the same state
 * @throws TooFewDescriptors when the process may open fewer files than its functions need
 * @throws DataFolderUnusable when the data folder misses something that an earlier start made
 * @throws TableChanged, TablesUnusable when the data folder holds tables with other keys, or none that can be read
 */
export async function startSystem(options: SystemOptions) {
  const wall = options.wall ?? realClock();
  const shutdown = createShutdown([options.clock, wall]);
  try {
    const foundation = await openFoundation(options, wall, shutdown);
    return startOn(foundation, options, shutdown);
  } catch (error) {
    await shutdown.close();
    throw error;
  }
}

type Foundation = Awaited<ReturnType<typeof openFoundation>>;

/** What everything else stands on: the port, the assembly with its permissions, and what is kept. */
async function openFoundation(options: SystemOptions, wall: Clock, shutdown: Shutdown) {
  const { clock, dataDir, log, newId = randomUUID, random = Math.random } = options;
  const { inMemory = false, tablesDir } = options;
  const manifest = openManifest(dataDir);
  const credentials = dataFolderCredentials(dataDir);
  const taskTokens = tokenKey(dataDir);
  const keys = openKeyRing(dataDir, log);
  for (const key of ['credentials', 'token-key']) manifest.made(key);
  const journalDir = inMemory || tablesDir !== undefined ? null : join(dataDir, 'journal');
  if (journalDir !== null) shutdown.add(lockFolder(journalDir));

  const wire = await openWire({ port: options.port, newId, report: log });
  shutdown.add(() => wire.close());
  const place = { account: ACCOUNT, region: REGION, endpoint: wire.url };
  const assembly = loadAssembly(options.assemblyDir, place);
  const authorize = createAuthorize(assembly, place);
  const threads = assembly.functions.length * (options.maxThreads ?? DEFAULT_THREADS);
  const descriptors = watchDescriptors(threads, options.descriptors);

  const later = (retry: () => void) => void wall.at(wall.now() + FULL_MS, retry);
  const folder = inMemory ? null : (tablesDir ?? join(dataDir, 'tables'));
  const keeping = tablesDir === undefined ? options.keeping : {};
  const dynamo = await openDynamo(folder, later, log, () => clock.now(), keeping);
  shutdown.add(() => dynamo.close());
  if (folder !== null && tablesDir === undefined) {
    for (const file of [TABLES_FILE, COUNT_FILE]) manifest.made(join('tables', file));
  }
  for (const table of assembly.tables) await dynamo.ensureTable(table);

  const disk = journalDir === null ? null : (options.disk ?? folderDisk(journalDir));
  const journal = disk === null ? memoryJournal() : await openJournal({ disk, report: log, later });
  shutdown.add(() => journal.close());
  if (journalDir !== null) manifest.made(options.disk === undefined ? `journal/${HEAD}` : 'journal');
  const logs = openLogFiles(join(dataDir, 'log'));
  shutdown.add(() => logs.close());
  const queues = createQueues(assembly.queues, { clock, newId, journal, log: logs.write });
  if (journalDir !== null && options.disk === undefined && options.onLost !== undefined) {
    shutdown.add(watchFolder(dataDir, WRITTEN, options.onLost));
  }
  const kept = { credentials, keys, taskTokens, dynamo, journal, logs, queues };
  return { clock, newId, random, log, wire, place, assembly, authorize, descriptors, ...kept };
}

/** Sets everything on its foundation in motion, and opens the port to callers. */
function startOn(foundation: Foundation, options: SystemOptions, shutdown: Shutdown) {
  const {
    clock,
    newId,
    log,
    credentials,
    keys,
    wire,
    place,
    assembly,
    authorize,
    descriptors,
    dynamo,
    journal,
    queues,
  } = foundation;
  const host = startFunctions(foundation, options, (who, target, body) => call(who, target, body));
  shutdown.add(() => host.close());
  const quietly = quietHost(host, dynamo, shutdown);
  const { engine, bus, tellChange } = startWorkflows(foundation, options, quietly);

  const call = createCalls(
    {
      AWSStepFunctions: {
        name: 'states',
        operations: stepFunctions(engine, assembly.machines, clock.now()),
        journal,
      },
      AWSEvents: { name: 'events', operations: eventBridge(bus), journal },
      DynamoDB_20120810: { name: 'dynamodb', operations: dynamo.operations },
      Vgac: { name: 'vgac', operations: backupService(options.dataDir) },
      secretsmanager: {
        name: 'secretsmanager',
        operations: secretsManager(assembly.secrets, options.secrets ?? {}, log),
      },
    },
    { authorize, report: log, refuseNew: descriptors.refuseIfShort },
  );
  const operator = { credentials, who: null };
  const functions = assembly.functions.map(({ arn }) => ({
    credentials: functionCredentials(credentials, arn),
    who: arn,
  }));
  const known = new Map([operator, ...functions].map((caller) => [caller.credentials.accessKeyId, caller]));
  const httpApi = createHttpApi(assembly.routes, { clock, newId, account: ACCOUNT, host, report: log });
  wire.serve({
    callerOf(accessKeyId) {
      const caller = known.get(accessKeyId);
      if (caller !== undefined) return caller;
      const key = keys.find(accessKeyId);
      return key && { credentials: key.credentials, who: userArn(place, key.name) };
    },
    call,
    async httpApi(request) {
      descriptors.refuseIfShort();
      return httpApi(request);
    },
  });
  return {
    credentials,
    engine,
    queues,
    functions: host,
    dynamo,
    /** The one port: AWS services and the HTTP API. */
    url: wire.url,
    /** @throws AwsError for the whole request; single entries are answered with their error */
    putEvents(entries: readonly PutEventsEntry[]) {
      if (!journal.accepts()) throw diskFull();
      return bus.putEvents(entries);
    },
    /** Says on the bus that an execution failed which the tables know as open and the engine not as running. */
    reportLost(executionArn: string, input: string) {
      tellChange(lostChange(executionArn, input, { now: clock.now(), cause: LOST }));
    },
    /** Resolves when nothing is being worked on now; timers may still be waiting. */
    settled: clock.settled,
    close: shutdown.close,
  };
}

/** Every function, each with an environment and credentials of its own. */
function startFunctions(foundation: Foundation, options: SystemOptions, call: Call): FunctionHost {
  const { clock, newId, credentials, wire, assembly, logs } = foundation;
  return createFunctionHost(assembly.functions, {
    clock,
    newId,
    log: logs.write,
    maxThreads: options.maxThreads ?? DEFAULT_THREADS,
    callerOf: (spec) => (target, body) => call(spec.arn, target, body),
    environmentOf: (spec) => ({
      ...spec.environment,
      ...lambdaEnvironment(spec, {
        url: wire.url,
        region: REGION,
        credentials: functionCredentials(credentials, spec.arn),
      }),
      ...options.environment,
    }),
  });
}

type QuietHost = Pick<FunctionHost, 'find' | 'invoke'>;

/**
 * How machines and events invoke. While the tables take nothing an attempt would only be wasted; work that ends because the
 * system closes has not failed: nothing more is heard of it.
 */
function quietHost(host: FunctionHost, dynamo: Foundation['dynamo'], shutdown: Shutdown): QuietHost {
  return {
    find: host.find,
    async invoke(...invocation) {
      await dynamo.writable();
      return host.invoke(...invocation).finally(() => shutdown.begun() && new Promise(() => {}));
    },
  };
}

/** The bus and the machines that its events start; open executions and schedules go on where they were. */
function startWorkflows(foundation: Foundation, options: SystemOptions, host: QuietHost) {
  const { clock, newId, random, log, taskTokens, place, assembly, authorize, descriptors, journal, queues } =
    foundation;
  const { atWork, waiting, characters = ADMIT.characters } = options.admit ?? ADMIT;
  const admission = createAdmission(atWork);
  const load: Load = { characters: 0 };
  const deliver = deliverer({
    load,
    clock,
    journal,
    queues,
    invokeAsync: asyncInvoker({ load, host, journal, queues, clock, newId, report: log }),
    startExecution(target, name, input) {
      mayStart(authorize, target);
      return admission.enter(() => startForEvent(engine, target.arn, name, input));
    },
    report: log,
  });
  const busy = () => admission.waiting() >= waiting || load.characters >= characters || descriptors.short();
  const bus = createBus(assembly, { clock, journal, newId, place, deliver, busy, report: log });
  const tellChange = (change: StatusChange) =>
    bus.emit('aws.states', 'Step Functions Execution Status Change', change, [change.executionArn]);
  const engine: Engine = createEngine({
    clock,
    journal,
    random,
    newId,
    tokenKey: taskTokens,
    integrations: createIntegrations({ authorize, host, queues, bus, startExecution: (asked) => engine.start(asked) }),
    onHistory(executionArn, event) {
      admission.observe(executionArn, event);
      options.onHistory?.(executionArn, event);
    },
    onStatusChange: tellChange,
  });
  for (const machine of assembly.machines) engine.register(machine);
  engine.resume();
  bus.startSchedules();
  return { engine, bus, tellChange };
}

/**
 * Starts the execution of one event. @returns its ARN, null where an earlier delivery of the same event has started it
 * @throws NotRetriable: what a machine does not take, it will not take later
 */
function startForEvent(engine: Engine, stateMachineArn: string, name: string, input: string): string | null {
  try {
    return engine.start({ stateMachineArn, name, input: Json.parse(JSON.parse(input)) }).executionArn;
  } catch (error) {
    if (error instanceof Refusal && error.name === 'ExecutionAlreadyExists') return null;
    throw new NotRetriable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** A rule starts a machine as the role of its target. @throws NotRetriable, for which EventBridge does not try again */
function mayStart(authorize: Authorize, { arn: stateMachineArn, roleArn }: Pick<TargetSpec, 'arn' | 'roleArn'>): void {
  try {
    authorize(roleArn ?? '', 'states', 'StartExecution', { stateMachineArn });
  } catch (cause) {
    throw new NotRetriable(cause instanceof Error ? cause.message : '', { cause, code: 'NO_PERMISSIONS' });
  }
}
