import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import type { FunctionSpec } from '../assembly/specs.ts';
import { UnsupportedAssembly } from '../assembly/unsupported-assembly.ts';

export const ToCheck = z.array(
  z.object({
    name: z.string(),
    module: z.string(),
    exportName: z.string(),
    environment: z.record(z.string(), z.string()),
  }),
);
export const Problems = z.array(z.string());

/**
 * Loads the code of every function once, in a thread that does nothing else, so that one that cannot be loaded is known before
 * the first event arrives, and not from its failures.
 * @throws UnsupportedAssembly naming each of them
 */
export async function checkFunctionsLoad(
  specs: readonly FunctionSpec[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const toCheck: z.infer<typeof ToCheck> = specs.map((spec) => ({
    name: spec.name,
    module: spec.module,
    exportName: spec.exportName,
    environment: { ...spec.environment, ...environment },
  }));
  const worker = new Worker(new URL('./load-check-worker.ts', import.meta.url), {
    workerData: toCheck,
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  const checked = Promise.withResolvers<string[]>();
  worker.once('message', (problems) => checked.resolve(Problems.parse(problems)));
  worker.once('error', (error) => checked.resolve([`a function ended the thread that loads it: ${String(error)}`]));
  worker.once('exit', (code) => checked.resolve([`a function ended the thread that loads it with status ${code}`]));
  const problems = await checked.promise;
  await worker.terminate();
  if (problems.length > 0) throw new UnsupportedAssembly(problems);
}
