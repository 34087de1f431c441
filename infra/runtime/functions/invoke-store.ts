import { AsyncLocalStorage } from 'node:async_hooks';

const REQUEST_ID = Symbol.for('_AWS_LAMBDA_REQUEST_ID');

/**
 * What Lambda's own runtime offers when several invocations run at once in one environment (where
 * `AWS_LAMBDA_MAX_CONCURRENCY` is set): values that belong to one invocation. Powertools keeps its log keys and
 * metrics here.
 */
export function createInvokeStore() {
  const storage = new AsyncLocalStorage<Map<PropertyKey, unknown>>();
  const get = (key: PropertyKey) => storage.getStore()?.get(key);
  return {
    run: <T>(requestId: string, work: () => T): T => storage.run(new Map([[REQUEST_ID, requestId]]), work),
    get,
    set: (key: PropertyKey, value: unknown) => void storage.getStore()?.set(key, value),
    hasContext: () => storage.getStore() !== undefined,
    getContext: () => storage.getStore(),
    getRequestId: () => get(REQUEST_ID) ?? '-',
    // There is no tracing here.
    getXRayTraceId: () => undefined,
    getTenantId: () => undefined,
  };
}
