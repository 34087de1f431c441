/**
 * Entry point of a function's thread: loads its module, then answers invocations, several at a time.
 * Log output is posted as messages, in order with the results, so that none is lost when the thread is stopped.
 */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { createInvokeStore } from './invoke-store.ts';
import type { FromWorker, FunctionFault, Invocation, ToWorker, WorkerData } from './messages.ts';
import { createServiceChannel } from './service-channel.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker thread only');
const post = (message: FromWorker) => port.postMessage(message);

const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
  post({ kind: 'log', text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString() });
  const callback = typeof encoding === 'function' ? encoding : done;
  if (typeof callback === 'function') queueMicrotask(() => callback());
  return true;
};
process.stdout.write = write;
process.stderr.write = write;

const store = createInvokeStore();
Reflect.set(globalThis, 'awslambda', { InvokeStore: store });
const services = createServiceChannel(post);
Reflect.set(globalThis, Symbol.for('embedded.aws'), services.settings);
const { module, exportName, name, arn, memoryMb }: WorkerData = workerData;
const loaded = await load();
port.on('message', (message: ToWorker) => {
  if (message.kind === 'answer') services.answered(message.id, message);
  else void store.run(message.requestId, () => invoke(message));
});
post({ kind: 'ready' });

type Handler = (event: unknown, context: unknown) => unknown;
function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

async function load(): Promise<Handler | FunctionFault> {
  try {
    const found: Record<string, unknown> = await import(pathToFileURL(module).href);
    const handler = found[exportName];
    if (isHandler(handler)) return handler;
    const errorMessage = `${exportName} is not exported by ${module}`;
    return { errorType: 'Runtime.HandlerNotFound', errorMessage, trace: [] };
  } catch (error) {
    return { ...faultOf(error), errorType: 'Runtime.ImportModuleError' };
  }
}

async function invoke(invocation: Invocation): Promise<void> {
  const context = {
    awsRequestId: invocation.requestId,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: arn,
    memoryLimitInMB: `${memoryMb}`,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: invocation.requestId,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - Date.now()),
    embeddedNow: invocation.embeddedNow,
  };
  const { id } = invocation;
  try {
    if (!isHandler(loaded)) return post({ kind: 'fault', id, fault: loaded });
    const result = await loaded(JSON.parse(invocation.event), context);
    post({ kind: 'result', id, json: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    post({ kind: 'fault', id, fault: faultOf(error) });
  }
}

function faultOf(error: unknown): FunctionFault {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}
