import type { FunctionSpec } from '../assembly/specs.ts';
import { AwsError } from '../aws-error.ts';
import type { Clock } from '../clock/clock.ts';
import { type CallService, FunctionFailed, startWorkerThread, type WorkerThread } from './worker-thread.ts';

/** Lambda's limit on a synchronous payload or result. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * Concurrent invocations in one thread. They mostly wait for the table or the network, and one warm thread answers
 * faster than many cold ones on the same cores: each would have to load and optimize the same code again.
 */
export const INVOCATIONS_PER_THREAD = 64;

interface HostOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  /** The complete environment of a function's threads. */
  readonly environmentOf: (spec: FunctionSpec) => Readonly<Record<string, string>>;
  readonly log: (functionName: string, text: string) => void;
  /** How a function calls the services of this machine, as itself. */
  readonly callerOf: (spec: FunctionSpec) => CallService;
  /** Maximum number of threads per function. */
  readonly maxThreads: number;
}

export type FunctionHost = ReturnType<typeof createFunctionHost>;

/**
 * Runs Lambda functions, each in its own threads with its own environment. Up to `maxThreads` times 64 invocations of
 * a function run at the same time.
 */
export function createFunctionHost(specs: readonly FunctionSpec[], options: HostOptions) {
  const pools = specs.map((spec) => ({ spec, pool: createPool(spec, options) }));
  const poolOf = (nameOrArn: string) => {
    const bare = nameOrArn.replace(/:\$LATEST$/, '');
    const found = pools.find(({ spec }) => spec.name === bare || spec.arn === bare);
    if (found === undefined) throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
    return found;
  };
  return {
    /** @throws AwsError ResourceNotFoundException */
    find: (nameOrArn: string): FunctionSpec => poolOf(nameOrArn).spec,
    /**
     * Invokes a function by name or ARN with an event as JSON text; returns its result as JSON text.
     * Invocations above the limit wait their turn; none is dropped.
     * @throws FunctionFailed when the handler throws, times out or dies
     * @throws AwsError ResourceNotFoundException, RequestTooLargeException, ServiceException at shutdown
     */
    async invoke(nameOrArn: string, event: string, requestId = options.newId()): Promise<string> {
      const { pool } = poolOf(nameOrArn);
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
    /** Stops all threads; invocations that wait or run fail with ServiceException. */
    close: async () => void (await Promise.all(pools.map(({ pool }) => pool.close()))),
  };
}

/** The threads of one function, and the invocations that wait for a slot in them. */
function createPool(spec: FunctionSpec, { clock, environmentOf, log, callerOf, maxThreads }: HostOptions) {
  const limit = maxThreads * INVOCATIONS_PER_THREAD;
  const environment = environmentOf(spec);
  const ports = { log: (text: string) => log(spec.name, text), call: callerOf(spec) };
  const threads = new Set<WorkerThread>();
  const waiting: PromiseWithResolvers<void>[] = [];
  let running = 0;
  let closed = false;
  const shuttingDown = () => new AwsError('ServiceException', `${spec.name} is shutting down`, 500);

  /** A thread with a free slot. There always is one: fewer invocations run than all threads have slots. */
  const freeThread = (): WorkerThread => {
    for (const thread of threads) {
      if (thread.broken()) {
        if (thread.running() === 0) threads.delete(thread);
      } else if (thread.running() < INVOCATIONS_PER_THREAD) {
        // Always the first one, to keep it warm.
        return thread;
      }
    }
    const started = startWorkerThread(spec, environment, ports);
    threads.add(started);
    return started;
  };

  return {
    async invoke(event: string, requestId: string): Promise<string> {
      if (running >= limit) {
        const turn = Promise.withResolvers<void>();
        waiting.push(turn);
        await turn.promise;
      } else running += 1;
      try {
        if (closed) throw shuttingDown();
        return await freeThread().run({ requestId, event, embeddedNow: clock.now() });
      } catch (error) {
        throw closed ? shuttingDown() : error;
      } finally {
        // The next in line takes over the slot.
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next.resolve();
      }
    },
    async close() {
      closed = true;
      for (const turn of waiting.splice(0)) turn.reject(shuttingDown());
      await Promise.all([...threads].map((thread) => thread.stop()));
    },
  };
}
