import { Worker } from 'node:worker_threads';
import type { FunctionSpec } from '../assembly/specs.ts';
import type { FromWorker, FunctionFault, Invocation, WorkerData } from './messages.ts';

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

/** One thread of one function. Broken after a time-out or a crash; then it is thrown away. */
export interface WorkerThread {
  readonly broken: () => boolean;
  /** Runs one invocation and gives the result as JSON. @throws FunctionFailed */
  run(invocation: Omit<Invocation, 'deadline'>): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a thread with an environment of its own: what one function sets, no other sees, and nothing of this process
 * leaks in.
 */
export function startWorkerThread(
  spec: FunctionSpec,
  environment: Readonly<Record<string, string>>,
  log: (text: string) => void,
): WorkerThread {
  const workerData: WorkerData = { module: spec.module, exportName: spec.exportName };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData,
    env: environment,
    execArgv: [],
    stdout: true,
    stderr: true,
    // Many threads share one machine: a small young generation halves what an idle one holds.
    resourceLimits: { maxOldGenerationSizeMb: spec.memoryMb, maxYoungGenerationSizeMb: 8 },
  });
  let broken = false;
  let ready = false;
  let onReady = () => {};
  let settle: ((outcome: { json: string } | { fault: FunctionFault }) => void) | null = null;

  const fail = (errorType: string, errorMessage: string, trace: readonly string[] = []) => {
    broken = true;
    settle?.({ fault: { errorType, errorMessage, trace } });
    void worker.terminate();
  };
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'log') log(message.text);
    else if (message.kind === 'result') settle?.({ json: message.json });
    else if (message.kind === 'fault') settle?.({ fault: message.fault });
    else {
      ready = true;
      onReady();
    }
  });
  // The thread posts its output; what goes around that (the runtime's own warnings) comes here.
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk: Buffer) => log(chunk.toString()));
  worker.on('error', (error) => {
    const described = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log(`${described}\n`);
    fail('Runtime.ExitError', described.split('\n')[0] ?? '', described.split('\n'));
  });
  worker.on('exit', (code) => fail('Runtime.ExitError', `Runtime exited with error: exit status ${code}`));

  const run = (invocation: Omit<Invocation, 'deadline'>) =>
    new Promise<string>((resolve, reject) => {
      const limit = (ms: number, what: string) =>
        setTimeout(
          () =>
            fail(
              'Sandbox.Timedout',
              `RequestId: ${invocation.requestId} Error: ${what} timed out after ${(ms / 1000).toFixed(2)} seconds`,
            ),
          ms,
        );
      let timer = limit(INIT_TIMEOUT_MS, 'Init');
      settle = (outcome) => {
        settle = null;
        clearTimeout(timer);
        if ('json' in outcome) resolve(outcome.json);
        else reject(new FunctionFailed(outcome.fault));
      };
      const begin = () => {
        clearTimeout(timer);
        const ms = spec.timeoutSeconds * 1000;
        timer = limit(ms, 'Task');
        worker.postMessage({ ...invocation, deadline: Date.now() + ms } satisfies Invocation);
      };
      // The time-out of a function counts from when its code is loaded, as on AWS.
      if (ready) begin();
      else onReady = begin;
      if (broken) fail('Runtime.ExitError', 'Runtime exited before the invocation');
    });

  return {
    broken: () => broken,
    run,
    async stop() {
      broken = true;
      await worker.terminate();
    },
  };
}
