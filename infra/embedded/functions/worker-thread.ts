import { Worker } from 'node:worker_threads';
import type { FunctionSpec } from '../assembly/specs.ts';
import type { FromWorker, FunctionFault, Invocation, ServiceAnswer, WorkerData } from './messages.ts';

/** A handler threw, or its thread ended. `name` of what was thrown is in `fault.errorType`. */
export class FunctionFailed extends Error {
  override readonly name = 'FunctionFailed' as const;
  readonly fault: FunctionFault;

  constructor(fault: FunctionFault, options?: ErrorOptions) {
    super(`${fault.errorType}: ${fault.errorMessage}`, options);
    this.fault = fault;
  }
}

const INIT_TIMEOUT_MS = 30_000;

/** One thread of one function, which runs several invocations at once. Broken after a time-out or a crash. */
export interface WorkerThread {
  /** Takes nothing any more; what still runs in it may end. */
  readonly broken: () => boolean;
  /** Invocations that run in it now. */
  readonly running: () => number;
  /** Runs one invocation and gives the result as JSON. @throws FunctionFailed */
  run(invocation: Asked): Promise<string>;
  stop(): Promise<void>;
}

/** Answers a call of a service by the function of the thread; never fails. */
export type CallService = (target: string, body: string) => Promise<Omit<ServiceAnswer, 'kind' | 'id'>>;

type Asked = Omit<Invocation, 'kind' | 'deadline' | 'id'>;

interface Running {
  begin(): void;
  settle(outcome: { json: string } | { fault: FunctionFault }): void;
}

/**
 * Starts a thread with an environment of its own: what one function sets, no other sees, and nothing of this process
 * leaks in.
 */
export function startWorkerThread(
  spec: FunctionSpec,
  environment: Readonly<Record<string, string>>,
  { log, call }: { log: (text: string) => void; call: CallService },
): WorkerThread {
  const workerData: WorkerData = { module: spec.module, exportName: spec.exportName };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData,
    env: environment,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: spec.memoryMb, maxYoungGenerationSizeMb: 16 },
  });
  const active = new Map<number, Running>();
  let numbered = 0;
  let broken = false;
  let ready = false;

  const failAll = (errorType: string, errorMessage: string, trace: readonly string[] = []) => {
    broken = true;
    for (const { settle } of [...active.values()]) settle({ fault: { errorType, errorMessage, trace } });
    void worker.terminate();
  };
  const answer = async (id: number, target: string, body: string) =>
    worker.postMessage({ kind: 'answer', id, ...(await call(target, body)) } satisfies ServiceAnswer);
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'call') void answer(message.id, message.target, message.body);
    else if (message.kind === 'log') log(message.text);
    else if (message.kind === 'result') active.get(message.id)?.settle({ json: message.json });
    else if (message.kind === 'fault') active.get(message.id)?.settle({ fault: message.fault });
    else {
      ready = true;
      for (const { begin } of [...active.values()]) begin();
    }
  });
  // The thread posts its output; what goes around that (the runtime's own warnings) comes here.
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk: Buffer) => log(chunk.toString()));
  worker.on('error', (error) => {
    const described = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log(`${described}\n`);
    failAll('Runtime.ExitError', described.split('\n')[0] ?? '', described.split('\n'));
  });
  worker.on('exit', (code) => failAll('Runtime.ExitError', `Runtime exited with error: exit status ${code}`));

  const run = (invocation: Asked) =>
    new Promise<string>((resolve, reject) => {
      const id = numbered++;
      /** Nobody can end one invocation of a thread: it takes no others, and ends with those that still may end well. */
      const limit = (ms: number, what: string) =>
        setTimeout(() => {
          broken = true;
          const errorMessage = `RequestId: ${invocation.requestId} Error: ${what} timed out after ${(ms / 1000).toFixed(2)} seconds`;
          active.get(id)?.settle({ fault: { errorType: 'Sandbox.Timedout', errorMessage, trace: [] } });
        }, ms);
      let timer = limit(INIT_TIMEOUT_MS, 'Init');
      active.set(id, {
        // The time-out of a function counts from when its code is loaded, as on AWS.
        begin() {
          clearTimeout(timer);
          const ms = spec.timeoutSeconds * 1000;
          timer = limit(ms, 'Task');
          worker.postMessage({ kind: 'invoke', ...invocation, id, deadline: Date.now() + ms } satisfies Invocation);
        },
        settle(outcome) {
          clearTimeout(timer);
          active.delete(id);
          if (broken && active.size === 0) void worker.terminate();
          if ('json' in outcome) resolve(outcome.json);
          else reject(new FunctionFailed(outcome.fault));
        },
      });
      if (broken) failAll('Runtime.ExitError', 'Runtime exited before the invocation');
      else if (ready) active.get(id)?.begin();
    });

  return {
    broken: () => broken,
    running: () => active.size,
    run,
    async stop() {
      broken = true;
      await worker.terminate();
    },
  };
}
