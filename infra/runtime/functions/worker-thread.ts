import { Worker } from 'node:worker_threads';
import type { Answer } from '../access/calls.ts';
import type { FunctionSpec } from '../assembly/specs.ts';
import type { FromWorker, FunctionFault, ToWorker, WorkerData } from './messages.ts';

/** A handler threw, or its thread ended. `name` of what was thrown is in `fault.errorType`. */
export class FunctionFailed extends Error {
  override readonly name = 'FunctionFailed' as const;
  readonly fault: FunctionFault;

  constructor(fault: FunctionFault) {
    super(`${fault.errorType}: ${fault.errorMessage}`);
    this.fault = fault;
  }
}

const INIT_TIMEOUT_MS = 30_000;
/** Collecting less often takes a fifth off what functions cost that run hot; one that is idle never grows so far. */
const YOUNG_GENERATION_MB = 64;

/** Answers a call of a service by the function of the thread; never fails. */
export type CallService = (target: string, body: string) => Promise<Answer>;

export interface Asked {
  readonly requestId: string;
  readonly event: string;
  /** Time of the embedded clock, epoch ms. */
  readonly embeddedNow: number;
}

export type WorkerThread = ReturnType<typeof startWorkerThread>;

/**
 * Starts a thread of one function, which runs several invocations at once, with an environment of its own: what one
 * function sets, no other sees, and nothing of this process leaks in.
 */
export function startWorkerThread(
  { module, exportName, name, arn, memoryMb, timeoutSeconds }: FunctionSpec,
  env: Readonly<Record<string, string>>,
  { log, call }: { log: (text: string) => void; call: CallService },
) {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { module, exportName, name, arn, memoryMb } satisfies WorkerData,
    ...{ env, execArgv: [], stdout: true, stderr: true },
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
  /** Nobody can end one invocation of a thread: it takes no others, and ends with those that still may end well. */
  const limit = (ms: number, what: string, expired: (failed: FunctionFailed) => void) =>
    setTimeout(() => {
      broken = true;
      const errorMessage = `${what} timed out after ${(ms / 1000).toFixed(2)} seconds`;
      expired(new FunctionFailed({ errorType: 'Sandbox.Timedout', errorMessage, trace: [] }));
    }, ms);
  const loading = limit(INIT_TIMEOUT_MS, 'Init', ready.reject);
  // Whoever waits for it hears that it failed.
  ready.promise.finally(() => clearTimeout(loading)).catch(() => undefined);

  worker.on('message', async (message: FromWorker) => {
    if (message.kind === 'ready') ready.resolve();
    else if (message.kind === 'log') log(message.text);
    else if (message.kind === 'result') active.get(message.id)?.(message.json);
    else if (message.kind === 'fault') active.get(message.id)?.(new FunctionFailed(message.fault));
    else post({ kind: 'answer', id: message.id, ...(await call(message.target, message.body)) });
  });
  // The thread posts its output; what goes around that (the runtime's own warnings) comes here.
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk: Buffer) => log(chunk.toString()));
  worker.on('error', (error) => {
    const described = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log(`${described}\n`);
    end(described.split('\n')[0] ?? '', described.split('\n'));
  });
  worker.on('exit', (code) => end(`Runtime exited with error: exit status ${code}`));

  /** The time-out of a function counts from when its code is loaded, as on AWS. */
  const invoke = (asked: Asked) =>
    new Promise<string>((resolve, reject) => {
      const id = numbered++;
      const ms = timeoutSeconds * 1000;
      const settle = (outcome: string | FunctionFailed) => {
        clearTimeout(timer);
        active.delete(id);
        if (typeof outcome === 'string') resolve(outcome);
        else reject(outcome);
      };
      const timer = limit(ms, `RequestId: ${asked.requestId} Error: Task`, settle);
      active.set(id, settle);
      post({ kind: 'invoke', id, deadline: Date.now() + ms, ...asked });
    });

  return {
    /** Takes nothing any more, after a time-out or a crash; what still runs in it may end. */
    broken: () => broken,
    /** Invocations that run in it now. */
    running: () => running,
    /** Runs one invocation and gives the result as JSON. @throws FunctionFailed */
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
