/**
 * Entry of the thread of one function: loads its module, then answers invocations, several at a time.
 * Logs go out as messages of their own, in order with the results, so that none is lost when the thread is ended.
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
const { module, exportName }: WorkerData = workerData;
const handler = await load();
port.on('message', (message: ToWorker) => {
  if (message.kind === 'answer') services.answered(message);
  else void store.run(message.requestId, () => invoke(message));
});
post({ kind: 'ready' });

async function load(): Promise<unknown> {
  try {
    const loaded: Record<string, unknown> = await import(pathToFileURL(module).href);
    return loaded[exportName];
  } catch (error) {
    const { errorMessage, trace } = faultOf(error);
    const fault = { errorType: 'Runtime.ImportModuleError', errorMessage, trace };
    return () => Promise.reject(fault);
  }
}

async function invoke(invocation: Invocation): Promise<void> {
  const context = {
    awsRequestId: invocation.requestId,
    functionName: invocation.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: invocation.functionArn,
    memoryLimitInMB: `${invocation.memoryMb}`,
    logGroupName: `/aws/lambda/${invocation.functionName}`,
    logStreamName: invocation.requestId,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - Date.now()),
    embeddedNow: invocation.embeddedNow,
  };
  const { id } = invocation;
  try {
    if (typeof handler !== 'function') {
      const errorMessage = `${exportName} is not exported by ${module}`;
      return post({ kind: 'fault', id, fault: { errorType: 'Runtime.HandlerNotFound', errorMessage, trace: [] } });
    }
    const result: unknown = await handler(JSON.parse(invocation.event), context);
    post({ kind: 'result', id, json: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    post({ kind: 'fault', id, fault: faultOf(error) });
  }
}

function faultOf(error: unknown): FunctionFault {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
  }
  if (isFault(error)) return error;
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function isFault(value: unknown): value is FunctionFault {
  return (
    typeof value === 'object' && value !== null && 'errorType' in value && 'errorMessage' in value && 'trace' in value
  );
}
