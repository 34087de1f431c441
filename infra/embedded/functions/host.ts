import type { FunctionSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import { AwsError } from '../wire/aws-error.ts';
import { type CallService, FunctionFailed, startWorkerThread, type WorkerThread } from './worker-thread.ts';

/** Lambda's limit on a synchronous payload or result. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

interface HostOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  /** Complete environment of a function's threads. */
  readonly environmentOf: (spec: FunctionSpec) => Readonly<Record<string, string>>;
  readonly log: (functionName: string, text: string) => void;
  /** How a function calls the services of this machine, as itself. */
  readonly callerOf: (spec: FunctionSpec) => CallService;
  /** Threads per function at most. */
  readonly maxThreads: number;
}

/**
 * Invocations at once in one thread. They mostly wait for the table or the network, and one warm thread answers faster
 * than many cold ones that share the same cores: each would have to load and to learn the same code by itself.
 */
export const INVOCATIONS_PER_THREAD = 64;

interface Waiting {
  readonly requestId: string;
  readonly event: string;
  readonly resolve: (json: string) => void;
  readonly reject: (error: unknown) => void;
}

export interface FunctionHost {
  /**
   * Invokes a function by name or ARN with an event as JSON text; gives its result as JSON text.
   * Invocations beyond the threads wait their turn; none is dropped.
   * @throws FunctionFailed when the handler throws, times out or dies
   * @throws AwsError ResourceNotFoundException, RequestTooLargeException, ServiceException at shutdown
   */
  invoke(nameOrArn: string, event: string, requestId?: string): Promise<string>;
  readonly specs: readonly FunctionSpec[];
  find(nameOrArn: string): FunctionSpec;
  /** Ends all threads; what still waits or runs fails with ServiceException. */
  close(): Promise<void>;
}

/**
 * Runs Lambda functions, each in threads of its own with its own environment. At once run `maxThreads` times 64 of a
 * function, or as many as it reserves.
 */
export function createFunctionHost(specs: readonly FunctionSpec[], options: HostOptions): FunctionHost {
  const pools = new Map(specs.map((spec) => [spec.arn, createPool(spec, options)]));
  const find = (nameOrArn: string): FunctionSpec => {
    const bare = nameOrArn.replace(/:\$LATEST$/, '');
    const spec = specs.find(({ name, arn }) => name === bare || arn === bare);
    if (spec === undefined) throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
    return spec;
  };
  return {
    specs,
    find,
    async invoke(nameOrArn, event, requestId = options.newId()) {
      const pool = pools.get(find(nameOrArn).arn);
      if (pool === undefined) throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
      if (Buffer.byteLength(event) > MAX_PAYLOAD_BYTES) {
        throw new AwsError('RequestTooLargeException', `the event exceeds ${MAX_PAYLOAD_BYTES} bytes`, 413);
      }
      const release = options.clock.hold();
      try {
        const json = await pool.invoke(event, requestId);
        if (Buffer.byteLength(json) <= MAX_PAYLOAD_BYTES) return json;
        const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`;
        throw new FunctionFailed({ errorType: 'Function.ResponseSizeTooLarge', errorMessage, trace: [] });
      } finally {
        release();
      }
    },
    close: async () => void (await Promise.all([...pools.values()].map((pool) => pool.close()))),
  };
}

function createPool(spec: FunctionSpec, { clock, environmentOf, log, callerOf, maxThreads }: HostOptions) {
  const limit = Math.min(maxThreads * INVOCATIONS_PER_THREAD, spec.reservedConcurrency ?? Infinity);
  const environment = environmentOf(spec);
  const edges = { log: (text: string) => log(spec.name, text), call: callerOf(spec) };
  const all = new Set<WorkerThread>();
  let running = 0;
  const waiting: Waiting[] = [];
  let closed = false;
  const shuttingDown = () => new AwsError('ServiceException', `${spec.name} is shutting down`, 500);

  const takeThread = (): WorkerThread | undefined => {
    if (running >= limit) return undefined;
    const usable = [...all].filter((thread) => !thread.broken());
    // The first that has a place, so that one stays warm.
    const free = usable.find((thread) => thread.running() < INVOCATIONS_PER_THREAD);
    if (free !== undefined || usable.length >= maxThreads) return free;
    const thread = startWorkerThread(spec, environment, edges);
    all.add(thread);
    return thread;
  };

  const serve = async (thread: WorkerThread, { requestId, event, resolve, reject }: Waiting) => {
    running++;
    try {
      resolve(
        await thread.run({
          ...{ requestId, event, functionName: spec.name, functionArn: spec.arn, memoryMb: spec.memoryMb },
          embeddedNow: clock.now(),
        }),
      );
    } catch (error) {
      reject(closed ? shuttingDown() : error);
    }
    running--;
    if (thread.broken() && thread.running() === 0) all.delete(thread);
    next();
  };
  const next = () => {
    while (!closed && waiting.length > 0) {
      const thread = takeThread();
      if (thread === undefined) return;
      const first = waiting.shift();
      if (first !== undefined) void serve(thread, first);
    }
  };

  return {
    invoke: (event: string, requestId: string) =>
      new Promise<string>((resolve, reject) => {
        if (closed) return reject(shuttingDown());
        waiting.push({ requestId, event, resolve, reject });
        next();
      }),
    async close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(shuttingDown());
      await Promise.all([...all].map((thread) => thread.stop()));
    },
  };
}
