import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Authorize, createAuthorize } from './access/authorize.ts';
import { createCalls, diskFull } from './access/calls.ts';
import { loadAssembly } from './assembly/load.ts';
import type { FunctionSpec, TargetSpec } from './assembly/specs.ts';
import { createAdmission } from './bus/admission.ts';
import { createBus, type PutEventsEntry } from './bus/bus.ts';
import { deliverer } from './bus/delivery.ts';
import { type Clock, realClock } from './clock/clock.ts';
import { createEngine } from './engine/engine.ts';
import { Refusal } from './engine/errors.ts';
import type { HistoryEvent } from './engine/history.ts';
import { Json } from './engine/json.ts';
import { asyncInvoker } from './functions/async-invocation.ts';
import { createFunctionHost, type FunctionHost, INVOCATIONS_PER_THREAD } from './functions/host.ts';
import { openLogFiles } from './functions/log-files.ts';
import { createIntegrations } from './integrations.ts';
import { type Disk, folderDisk } from './journal/disk.ts';
import { memoryJournal, openJournal } from './journal/journal.ts';
import { lockFolder } from './journal/lock.ts';
import { createQueues } from './services/queues.ts';
import { NotRetriable } from './services/retries.ts';
import { secretsManager } from './services/secrets.ts';
import { openDynamo } from './tables/dynamo.ts';
import { type Credentials, dataFolderCredentials, functionCredentials, tokenKey } from './wire/credentials.ts';
import { eventBridge } from './wire/event-bridge.ts';
import { createHttpApi } from './wire/http-api.ts';
import { openWire } from './wire/server.ts';
import { stepFunctions } from './wire/step-functions.ts';

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const DEFAULT_THREADS = 2;
/**
 * More executions at work would only wait for each other. An event that waits takes about 3 KB; beyond so many the bus
 * throttles, and collectors come back.
 */
const ADMIT = { atWork: 64, waiting: 100_000 };
/** How long a write that the disk refused waits before it is tried again. */
const FULL_MS = 1000;

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
  /** Where the journal is written; by default in the data folder. */
  readonly disk?: Disk;
  readonly onHistory?: (executionArn: string, event: HistoryEvent) => void;
  /** How many executions of events work at once, and how many events may wait for that. */
  readonly admit?: { readonly atWork: number; readonly waiting: number };
}

export type System = Awaited<ReturnType<typeof startSystem>>;

/**
 * Runs a synthesized assembly on this machine: its tables, buses, rules, schedules, queues, functions, machines and
 * routes, behind one loopback port.
 * @throws UnsupportedAssembly, UnsupportedDefinition when it asks for something this runtime does not do
 * @throws FolderInUse when another process runs on the same state
 * @throws TableChanged, TablesUnusable when the data folder holds tables with other keys, or none that can be read
 */
export async function startSystem(options: SystemOptions) {
  const { clock, dataDir, log, newId = randomUUID, random = Math.random } = options;
  const { inMemory = false, admit = ADMIT, secrets = {}, wall = realClock() } = options;
  const journalDir = inMemory || options.tablesDir !== undefined ? null : join(dataDir, 'journal');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const credentials = dataFolderCredentials(dataDir);
  const wire = await openWire({ port: options.port, newId, report: log });
  const closers: (() => Promise<void> | void)[] = [() => wire.close()];
  let closed = false;
  const close = async () => {
    closed = true;
    clock.close();
    wall.close();
    // Last opened, first closed: nothing may write to what is already gone.
    for (const closer of closers.splice(0).reverse()) await closer();
  };

  try {
    if (journalDir !== null) closers.unshift(lockFolder(journalDir));
    const place = { account: ACCOUNT, region: REGION, endpoint: wire.url };
    const assembly = loadAssembly(options.assemblyDir, place);
    const authorize = createAuthorize(assembly, place);
    const credentialsOf = ({ arn }: FunctionSpec) => functionCredentials(credentials, arn);

    const later = (retry: () => void) => void wall.at(wall.now() + FULL_MS, retry);
    const tablesDir = inMemory ? null : (options.tablesDir ?? join(dataDir, 'tables'));
    const dynamo = await openDynamo(tablesDir, later, log, () => clock.now());
    closers.push(() => dynamo.close());
    for (const table of assembly.tables) await dynamo.ensureTable(table);

    const journal =
      journalDir === null
        ? memoryJournal()
        : await openJournal({ disk: options.disk ?? folderDisk(journalDir), report: log, later });
    closers.push(() => journal.close());
    const logs = openLogFiles(join(dataDir, 'log'));
    closers.push(() => logs.close());
    const queues = createQueues(assembly.queues, { clock, newId, journal, log: logs.write });

    const host = createFunctionHost(assembly.functions, {
      ...{ clock, newId, log: logs.write, maxThreads: options.maxThreads ?? DEFAULT_THREADS },
      callerOf:
        ({ arn }) =>
        (target, body) =>
          call(arn, target, body),
      environmentOf: (spec) => ({
        ...spec.environment,
        ...lambdaEnvironment(spec, wire.url, credentialsOf(spec)),
        ...options.environment,
      }),
    });
    closers.push(() => host.close());
    // How machines and events invoke. While the tables take nothing an attempt would only be wasted; work that ends
    // because the system closes has not failed: nothing more is heard of it.
    const quietly: Pick<FunctionHost, 'find' | 'invoke'> = {
      ...host,
      async invoke(...asked) {
        await dynamo.writable();
        return host.invoke(...asked).finally(() => closed && new Promise(() => {}));
      },
    };
    const invokeAsync = asyncInvoker({ host: quietly, journal, queues, clock, newId, report: log });
    const admission = createAdmission(admit.atWork);
    const startExecution: Parameters<typeof deliverer>[0]['startExecution'] = (target, name, input) => {
      const stateMachineArn = target.arn;
      mayStart(authorize, target);
      return admission.enter(() => {
        try {
          return engine.start({ stateMachineArn, name, input: Json.parse(JSON.parse(input)) }).executionArn;
        } catch (error) {
          if (error instanceof Refusal && error.name === 'ExecutionAlreadyExists') return null;
          throw new NotRetriable(error instanceof Error ? error.message : String(error), { cause: error });
        }
      });
    };
    const deliver = deliverer({ clock, journal, queues, invokeAsync, startExecution, report: log });
    const busy = () => admission.waiting() >= admit.waiting;
    const bus = createBus(assembly, { clock, journal, newId, place, deliver, busy });
    const engine = createEngine({
      ...{ clock, journal, random, newId, tokenKey: tokenKey(dataDir) },
      integrations: createIntegrations({
        ...{ authorize, host: quietly, queues, bus, startExecution: (asked) => engine.start(asked) },
      }),
      onHistory: (executionArn, event) => {
        admission.observe(executionArn, event);
        options.onHistory?.(executionArn, event);
      },
      onStatusChange: (change) =>
        bus.emit('aws.states', 'Step Functions Execution Status Change', change, [change.executionArn]),
    });
    for (const machine of assembly.machines) engine.register(machine);
    engine.resume();
    bus.startSchedules();

    const call = createCalls(
      {
        AWSStepFunctions: {
          name: 'states',
          operations: stepFunctions(engine, assembly.machines, clock.now()),
          journal,
        },
        AWSEvents: { name: 'events', operations: eventBridge(bus), journal },
        DynamoDB_20120810: { name: 'dynamodb', operations: dynamo.operations },
        secretsmanager: { name: 'secretsmanager', operations: secretsManager(assembly.secrets, secrets, log) },
      },
      { authorize, report: log },
    );
    wire.serve({
      callers: [
        // The human at this machine.
        { credentials, who: null },
        ...assembly.functions.map((spec) => ({ credentials: credentialsOf(spec), who: spec.arn })),
      ],
      call,
      httpApi: createHttpApi(assembly.routes, { clock, newId, account: ACCOUNT, host, report: log }),
    });
    return {
      ...{ credentials, engine, queues, functions: host, dynamo, close },
      /** The one port: AWS services and the HTTP API. */
      url: wire.url,
      /** @throws AwsError for the whole request; single entries are answered with their error */
      putEvents(entries: readonly PutEventsEntry[]) {
        if (!journal.accepts()) throw diskFull();
        return bus.putEvents(entries);
      },
      /** Resolves when nothing is being worked on now; timers may still be waiting. */
      settled: clock.settled,
    };
  } catch (error) {
    await close();
    throw error;
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

/** What Lambda itself puts into the environment of a function, and where its services are. */
function lambdaEnvironment(spec: FunctionSpec, url: string, { accessKeyId, secretAccessKey }: Credentials) {
  return {
    ...{ AWS_ENDPOINT_URL_DYNAMODB: url, AWS_ENDPOINT_URL_EVENTBRIDGE: url },
    ...{ AWS_ENDPOINT_URL_SECRETS_MANAGER: url, AWS_ENDPOINT_URL_SFN: url },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    ...{ AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x', TZ: ':UTC' },
    ...{ AWS_LAMBDA_FUNCTION_NAME: spec.name, AWS_LAMBDA_FUNCTION_VERSION: '$LATEST' },
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${spec.memoryMb}`,
    // Several invocations share a thread; what keeps values for one of them looks here.
    AWS_LAMBDA_MAX_CONCURRENCY: `${INVOCATIONS_PER_THREAD}`,
  };
}
