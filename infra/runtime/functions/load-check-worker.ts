/** Entry point of the thread that loads every function once and says which cannot be loaded. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { ToCheck } from './load-check.ts';

const problems: string[] = [];
for (const { name, module, exportName, environment } of ToCheck.parse(workerData)) {
  Object.assign(process.env, environment);
  try {
    const found: Record<string, unknown> = await import(pathToFileURL(module).href);
    if (typeof found[exportName] !== 'function') problems.push(`${name}: ${module} exports no function ${exportName}`);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    problems.push(`${name}: ${module} cannot be loaded (${why}); synthesize the assembly again`);
  }
}
parentPort?.postMessage(problems);
