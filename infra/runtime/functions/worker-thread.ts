import { Worker } from 'node:worker_threads';
import type { Answer } from '../access/calls.ts';
import type { FunctionSpec } from '../assembly/specs.ts';
import { runningTime } from '../clock/running-time.ts';
import type { FromWorker, FunctionFault, ToWorker, WorkerData } from './messages.ts';

/** A handler threw, or its thread ended. `fault.errorType` is the name of the error thrown. */
export class FunctionFailed extends Error {
  override readonly name = 'FunctionFailed' as const;
  readonly fault: FunctionFault;

  constructor(fault: FunctionFault) {
    super(`${fault.errorType}: ${fault.errorMessage}`);
    this.fault = fault;
  }
}

const INIT_TIMEOUT_MS = 30_000;
/** The limits of all invocations, in the time in which this process runs. */
const invocations = runningTime();
/** Less frequent garbage collection saves a fifth of the CPU of busy functions; an idle one never grows this far. */
const YOUNG_GENERATION_MB = 64;

/** Answers a service call made by the thread's function; never rejects. */
export type CallService = (target: string, body: string) => Promise<Answer>;

export interface Asked {
  readonly requestId: string;
  readonly event: string;
  /** Time of the embedded clock, epoch ms. */
  readonly embeddedNow: number;
}

export type WorkerThread = ReturnType<typeof startWorkerThread>;

/**
 * Starts a thread of one function, which runs several invocations at once. It has its own environment: no other
 * function sees what it sets, and nothing leaks in from this process.
 */
export function startWorkerThread(
  { module, exportName, name, arn, memoryMb, timeoutSeconds }: FunctionSpec,
  env: Readonly<Record<string, string>>,
  { log, call }: { log: (text: string) => void; call: CallService },
) {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { module, exportName, name, arn, memoryMb } satisfies WorkerData,
    env,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const active = new Map<number, (outcome: string | FunctionFailed) => void>();
  const ready = Promise.withResolvers<void>();
  let numbered = 0;
  let running = 0;
  let broken = false;

  const post = (message: ToWorker) => worker.postMessage(message);
  const end = (errorMessage: string, trace: readonly string[] = []) => {
    broken = true;
    const failed = new FunctionFailed({ errorType: 'Runtime.ExitError', errorMessage, trace });
    ready.reject(failed);
    for (const settle of [...active.values()]) settle(failed);
    void worker.terminate();
  };
  /**
   * A single invocation of a thread cannot be killed: the thread accepts no new ones and ends once the others finish.
   */
  const limit = (ms: number, what: string, expired: (failed: FunctionFailed) => void) =>
    invocations.limit(ms, () => {
      broken = true;
      const errorMessage = `${what} timed out after ${(ms / 1000).toFixed(2)} seconds`;
      expired(new FunctionFailed({ errorType: 'Sandbox.Timedout', errorMessage, trace: [] }));
    });
  const loading = limit(INIT_TIMEOUT_MS, 'Init', ready.reject);
  // Callers that wait for it get the rejection.
  ready.promise.finally(loading).catch(() => undefined);

  worker.on('message', async (message: FromWorker) => {
    if (message.kind === 'ready') ready.resolve();
    else if (message.kind === 'log') log(message.text);
    else if (message.kind === 'result') active.get(message.id)?.(message.json);
    else if (message.kind === 'fault') active.get(message.id)?.(new FunctionFailed(message.fault));
    else post({ kind: 'answer', id: message.id, ...(await call(message.target, message.body)) });
  });
  // The thread posts its output as messages; what bypasses them (the runtime's own warnings) comes here.
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk: Buffer) => log(chunk.toString()));
  worker.on('error', (error) => {
    const described = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log(`${described}\n`);
    end(described.split('\n')[0] ?? '', described.split('\n'));
  });
  worker.on('exit', (code) => end(`Runtime exited with error: exit status ${code}`));

  /** As on AWS, the timeout of a function starts once its code is loaded. */
  const invoke = (asked: Asked) =>
    new Promise<string>((resolve, reject) => {
      const id = numbered++;
      const ms = timeoutSeconds * 1000;
      const settle = (outcome: string | FunctionFailed) => {
        timer();
        active.delete(id);
        if (typeof outcome === 'string') resolve(outcome);
        else reject(outcome);
      };
      const timer = limit(ms, `RequestId: ${asked.requestId} Error: Task`, settle);
      active.set(id, settle);
      post({ kind: 'invoke', id, deadline: Date.now() + ms, ...asked });
    });

  return {
    /** True after a timeout or a crash: it accepts no more, but invocations still running may finish. */
    broken: () => broken,
    /** Number of invocations running in it now. */
    running: () => running,
    /** Runs one invocation and returns the result as JSON. @throws FunctionFailed */
    async run(asked: Asked): Promise<string> {
      running += 1;
      try {
        await ready.promise;
        return await invoke(asked);
      } finally {
        running -= 1;
        if (broken && running === 0) void worker.terminate();
      }
    },
    async stop() {
      broken = true;
      await worker.terminate();
    },
  };
}
