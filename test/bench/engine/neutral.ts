import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateMachine } from 'aws-local-stepfunctions';
import { type Clock, realClock } from '../../../infra/runtime/clock/clock.ts';
import { createEngine, type Engine } from '../../../infra/runtime/engine/engine.ts';
import type { TaskCall } from '../../../infra/runtime/engine/integrations.ts';
import type { JsonValue } from '../../../infra/runtime/engine/json.ts';
import { folderDisk } from '../../../infra/runtime/journal/disk.ts';
import { type Journal, memoryJournal, openJournal } from '../../../infra/runtime/journal/journal.ts';
import type { Bench } from '../bench.ts';
import { besidePeers } from './endpoints.ts';
import { INPUT, inJsonata, inJsonPath, LAMBDA } from './neutral-machine.ts';

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:neutral';
const WAITING = 'arn:aws:states:us-east-1:000000000000:stateMachine:waiting';
const COUNT = 20_000;
const WARM_UP = 5000;
const AT_ONCE = 500;
const OPEN = 10_000;
const JOB: JsonValue = JSON.parse(INPUT);

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
 * endpoints; what open executions weigh, and how long a restart takes with them.
 */
async function compare(print: Print, { peers }: { peers: readonly string[] }): Promise<void> {
  print(`neutral machine (Pass, Choice, two Tasks), ${COUNT} executions, ${AT_ONCE} at a time`);
  const inMemory = await ours(memoryJournal());
  print(`  this runtime, in memory          ${perSecond(inMemory)}`);
  const folder = mkdtempSync(join(tmpdir(), 'neutral-'));
  try {
    const journal = await open(join(folder, 'run'), print);
    const journaled = await ours(journal);
    await journal.close();
    print(`  this runtime, journaled, fsynced ${perSecond(journaled)}`);
    const library = await theirs();
    print(`  aws-local-stepfunctions 3.0.0    ${perSecond(library)} (no journal, no history)`);
    const times = (taken: Taken) => (taken.count / taken.cpuMs / (library.count / library.cpuMs)).toFixed(2);
    print(`  of its rate for the same work of a thread: in memory ${times(inMemory)}, journaled ${times(journaled)}`);
    await besidePeers(folder, peers, print);
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

function engineOn(journal: Journal, onEnd: () => void = () => {}, clock: Clock = realClock()): Engine {
  let ids = 0;
  const run = Date.now().toString(36);
  const engine = createEngine({
    ...{ clock, random: Math.random, newId: () => `${run}-${++ids}`, journal, tokenKey: Buffer.from('bench') },
    integrations: { supports: () => true, invoke: async ({ arguments: args }: TaskCall) => answer(args) },
    onStatusChange: ({ status }) => {
      if (status === 'SUCCEEDED') onEnd();
    },
  });
  engine.register({ arn: MACHINE, name: 'neutral', definition: inJsonata });
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
    engine.start({ stateMachineArn: MACHINE, input: JOB });
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
        await machine.run(JOB, { overrides, noThrowOnAbort: true }).result;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  };
  await many(WARM_UP / 5);
  const taken = stopwatch();
  await many(COUNT / 5);
  return taken(COUNT / 5);
}

/** Memory of open executions, journaled, each waiting for its token; and the time of a restart with them. */
async function weigh(folder: string, print: Print): Promise<void> {
  const clock = realClock();
  const before = heap();
  const first = await open(folder, print);
  const engine = engineOn(first, undefined, clock);
  for (let i = 0; i < OPEN; i++) engine.start({ stateMachineArn: WAITING, input: JOB });
  for (let quiet = 0; quiet < 3; quiet++) {
    await sleep(50);
    await first.durable();
  }
  print(`${OPEN} open executions: ${((heap() - before) / 2 ** 20).toFixed(1)} MiB of heap, journal included`);
  await first.close();
  const from = performance.now();
  const second = await open(folder, print);
  const resumed = engineOn(second, undefined, clock);
  resumed.resume();
  const found = resumed.list({ status: 'RUNNING' }).length;
  print(`restart with ${found} open executions: ${((performance.now() - from) / 1000).toFixed(2)} s`);
  await second.close();
  // Each open execution has a timer of a day.
  clock.close();
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
