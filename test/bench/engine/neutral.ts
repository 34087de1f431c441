import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { StateMachine } from 'aws-local-stepfunctions';
import * as z from 'zod';
import { realClock } from '../../../infra/embedded/clock/clock.ts';
import { createEngine, type Engine } from '../../../infra/embedded/engine/engine.ts';
import type { TaskCall } from '../../../infra/embedded/engine/integrations.ts';
import type { JsonValue } from '../../../infra/embedded/engine/json.ts';
import { folderDisk } from '../../../infra/embedded/journal/disk.ts';
import { type Journal, memoryJournal, openJournal } from '../../../infra/embedded/journal/journal.ts';
import { MIGHTY, writeAssembly } from '../../unit/embedded/host/assembly-fixture.ts';
import type { Bench } from '../bench.ts';

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:neutral';
const WAITING = 'arn:aws:states:us-east-1:000000000000:stateMachine:waiting';
const LAMBDA = 'arn:aws:states:::lambda:invoke';
const COUNT = 20_000;
const WARM_UP = 5000;
const AT_ONCE = 500;
const OPEN = 10_000;
const PEER_WARM_UP = 500;
const PEER_COUNT = 2000;
const PEER_AT_ONCE = 20;
const INPUT = { job: 'job-1', gpus: 4, queue: 'gpu' };

/** Decides nothing of ours: a value is made, compared, and handed to two functions. */
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Prepare',
  States: {
    Prepare: {
      Type: 'Pass',
      Output: { job: '{% $states.input.job %}', gpus: '{% $states.input.gpus %}' },
      Next: 'Large?',
    },
    'Large?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.gpus > 2 %}', Next: 'First' }],
      Default: 'Second',
    },
    First: call('{% $states.input %}', { Next: 'Second' }),
    Second: call('{% $states.input %}', { End: true }),
  },
};
function call(Payload: string, then: Record<string, unknown>) {
  return {
    ...{ Type: 'Task', Resource: LAMBDA, Arguments: { FunctionName: 'echo', Payload } },
    ...{ Output: '{% $states.result.Payload %}', ...then },
  };
}
type StateMachineDefinition = ConstructorParameters<typeof StateMachine>[0];

/** The same in JSONPath, which is what the peer speaks. */
const inJsonPath: StateMachineDefinition = {
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Parameters: { 'job.$': '$.job', 'gpus.$': '$.gpus' }, Next: 'Large?' },
    'Large?': {
      Type: 'Choice',
      Default: 'Second',
      Choices: [{ Variable: '$.gpus', NumericGreaterThan: 2, Next: 'First' }],
    },
    First: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:echo', Next: 'Second' },
    Second: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:echo', End: true },
  },
};
const waiting = {
  QueryLanguage: 'JSONata',
  StartAt: 'Ask',
  States: {
    Ask: {
      ...{ Type: 'Task', Resource: `${LAMBDA}.waitForTaskToken`, TimeoutSeconds: 86_400, End: true },
      Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
    },
  },
};

type Print = (text: string) => void;

export const neutral: Bench = {
  name: 'neutral',
  about: 'the engine alone, beside others: executions a second, weight of open ones, restart',
  run: compare,
};

/**
 * The neutral machine on this runtime, in memory and journaled, on aws-local-stepfunctions, and on any Step Functions
 * endpoint; what open executions weigh, and how long a restart takes with them.
 */
async function compare(print: Print, { peer }: { peer?: string | undefined }): Promise<void> {
  print(`neutral machine (Pass, Choice, two Tasks), ${COUNT} executions, ${AT_ONCE} at a time`);
  const inMemory = await ours(memoryJournal());
  print(`  this runtime, in memory          ${perSecond(inMemory)}`);
  const folder = mkdtempSync(join(tmpdir(), 'neutral-'));
  try {
    const journal = await open(join(folder, 'run'), print);
    const journaled = await ours(journal);
    await journal.close();
    print(`  this runtime, journaled, fsynced ${perSecond(journaled)}`);
    const peers = await theirs();
    print(`  aws-local-stepfunctions 3.0.0    ${perSecond(peers)} (no journal, no history)`);
    const times = (taken: Taken) => (taken.count / taken.cpuMs / (peers.count / peers.cpuMs)).toFixed(2);
    print(`  of its rate for the same work of a thread: in memory ${times(inMemory)}, journaled ${times(journaled)}`);
    print(`through the SDK client, its Tasks being Pass, ${PEER_COUNT} executions, ${PEER_AT_ONCE} at a time`);
    const own = await ownEndpoint(folder);
    const width = Math.max(peer?.length ?? 0, 'this runtime, journaled'.length) + 2;
    const all = [{ name: 'this runtime, journaled', find: own.find }, ...(peer === undefined ? [] : [peerAt(peer)])];
    for (const { name, find } of all) print(`  ${name.padEnd(width)}${latency(await remote(await find()))}`);
    own.close();
    await weigh(join(folder, 'open'), print);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How long it took, and what the main thread worked meanwhile: a busy machine changes the one and hardly the other. */
interface Taken {
  readonly ms: number;
  readonly cpuMs: number;
  readonly count: number;
}

function stopwatch(): (count: number) => Taken {
  const from = performance.now();
  const cpu = process.threadCpuUsage();
  return (count) => {
    const { user, system } = process.threadCpuUsage(cpu);
    return { ms: performance.now() - from, cpuMs: (user + system) / 1000, count };
  };
}

const perSecond = ({ ms, cpuMs, count }: Taken) =>
  `${Math.round((1000 * count) / ms)
    .toLocaleString('en')
    .padStart(8)} executions a second, ${Math.round((1000 * cpuMs) / count)} us of its thread each`;
const open = (folder: string, report: Print) => openJournal({ disk: folderDisk(folder), report });

function engineOn(journal: Journal, onEnd: () => void = () => {}): Engine {
  let ids = 0;
  const run = Date.now().toString(36);
  const engine = createEngine({
    ...{
      clock: realClock(),
      random: Math.random,
      newId: () => `${run}-${++ids}`,
      journal,
      tokenKey: Buffer.from('bench'),
    },
    integrations: { supports: () => true, invoke: async ({ arguments: args }: TaskCall) => answer(args) },
    onStatusChange: ({ status }) => {
      if (status === 'SUCCEEDED') onEnd();
    },
  });
  engine.register({ arn: MACHINE, name: 'neutral', definition });
  engine.register({ arn: WAITING, name: 'waiting', definition: waiting });
  return engine;
}

const answer = (args: JsonValue): JsonValue => ({
  ...{ ExecutedVersion: '$LATEST', StatusCode: 200 },
  Payload: typeof args === 'object' && args !== null && !Array.isArray(args) ? (args.Payload ?? null) : null,
});

/** The warm-up left out. */
async function ours(journal: Journal): Promise<Taken> {
  let started = 0;
  let ended = 0;
  let taken = stopwatch();
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = () => {
    started += 1;
    engine.start({ stateMachineArn: MACHINE, input: INPUT });
  };
  const engine = engineOn(journal, () => {
    ended += 1;
    if (ended === WARM_UP) taken = stopwatch();
    if (ended === WARM_UP + COUNT) resolve();
    // Not inside the one that ends, so that none of them waits for the rest.
    if (started < WARM_UP + COUNT) setImmediate(start);
  });
  for (let i = 0; i < AT_ONCE; i++) start();
  await promise;
  return taken(COUNT);
}

async function theirs(): Promise<Taken> {
  const machine = new StateMachine(inJsonPath);
  const echo = async <Value>(input: Value): Promise<Value> => input;
  const overrides = { taskResourceLocalHandlers: { First: echo, Second: echo } };
  const many = async (count: number) => {
    let left = count;
    const lane = async () => {
      for (; left > 0; ) {
        left -= 1;
        await machine.run(INPUT, { overrides, noThrowOnAbort: true }).result;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  };
  await many(WARM_UP / 5);
  const taken = stopwatch();
  await many(COUNT / 5);
  return taken(COUNT / 5);
}

/** The machine without its Tasks' functions, which an endpoint elsewhere does not have: two Pass states in their place. */
const withoutTasks = JSON.stringify({
  ...definition,
  States: { ...definition.States, First: { Type: 'Pass', Next: 'Second' }, Second: { Type: 'Pass', End: true } },
});

interface Place {
  readonly client: SFNClient;
  readonly stateMachineArn: string;
}
const Own = z.object({
  url: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  machine: z.string(),
});

/** This runtime as a peer: it loads its machines from an assembly instead of making them. */
async function ownEndpoint(folder: string): Promise<{ find: () => Promise<Place>; close(): void }> {
  const Machine = {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: { StateMachineName: 'neutral', RoleArn: MIGHTY, DefinitionString: withoutTasks },
  };
  const settings = [writeAssembly({ App: { resources: { Machine } } }), join(folder, 'endpoint')];
  const child = fork(fileURLToPath(new URL('./own-endpoint.ts', import.meta.url)), settings);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the endpoint ended before it was ready')));
  const [ready] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  const { url, credentials, machine } = Own.parse(ready);
  const client = new SFNClient({ endpoint: url, region: 'us-east-1', credentials });
  return { find: async () => ({ client, stateMachineArn: machine }), close: () => child.disconnect() };
}

function peerAt(endpoint: string): { name: string; find: () => Promise<Place> } {
  const credentials = {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'test',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'test',
  };
  const client = new SFNClient({ endpoint, region: 'us-east-1', credentials });
  const find = async () => {
    const made = await client.send(
      new CreateStateMachineCommand({
        ...{ name: `neutral-${Date.now()}`, definition: withoutTasks },
        roleArn: 'arn:aws:iam::000000000000:role/bench',
      }),
    );
    return { client, stateMachineArn: made.stateMachineArn ?? '' };
  };
  return { name: endpoint, find };
}

/** From StartExecution to the first DescribeExecution that says it has ended; the warm-up left out. */
async function remote({ client, stateMachineArn }: Place): Promise<{ perSecond: number; delays: number[] }> {
  const one = async () => {
    const from = performance.now();
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(INPUT) }),
    );
    while ((await client.send(new DescribeExecutionCommand({ executionArn }))).status === 'RUNNING') await sleep(5);
    return performance.now() - from;
  };
  const many = async (count: number) => {
    const delays: number[] = [];
    let left = count;
    const lane = async () => {
      while (left-- > 0) delays.push(await one());
    };
    await Promise.all(Array.from({ length: PEER_AT_ONCE }, lane));
    return delays.sort((a, b) => a - b);
  };
  await many(PEER_WARM_UP);
  const from = performance.now();
  const delays = await many(PEER_COUNT);
  const perSecond = (1000 * PEER_COUNT) / (performance.now() - from);
  client.destroy();
  return { perSecond, delays };
}

function latency({ perSecond: rate, delays }: Awaited<ReturnType<typeof remote>>): string {
  const at = (share: number) => `${(delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN).toFixed(0)} ms`;
  return `${Math.round(rate).toLocaleString('en')} executions a second, p50 ${at(0.5)}, p99 ${at(0.99)}`;
}

/** Memory of open executions, journaled, each waiting for its token; and the time of a restart with them. */
async function weigh(folder: string, print: Print): Promise<void> {
  const before = heap();
  const first = await open(folder, print);
  const engine = engineOn(first);
  for (let i = 0; i < OPEN; i++) engine.start({ stateMachineArn: WAITING, input: INPUT });
  for (let quiet = 0; quiet < 3; quiet++) {
    await sleep(50);
    await first.durable();
  }
  print(`${OPEN} open executions: ${((heap() - before) / 2 ** 20).toFixed(1)} MiB of heap, journal included`);
  await first.close();
  const from = performance.now();
  const second = await open(folder, print);
  const resumed = engineOn(second);
  resumed.resume();
  const found = resumed.list({ status: 'RUNNING' }).length;
  print(`restart with ${found} open executions: ${((performance.now() - from) / 1000).toFixed(2)} s`);
  await second.close();
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
