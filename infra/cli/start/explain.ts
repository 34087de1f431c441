import { CannotStart } from './stop-with.ts';

/** Errors whose message already says what is wrong and what to do; anything else is a fault of ours, shown whole. */
const CLEAR = new Set([
  'CannotStart',
  'OtherLayout',
  'UnreadableTrace',
  'ConfigurationRefused',
  'UnsupportedAssembly',
  'UnsupportedDefinition',
  'TableChanged',
  'TablesUnusable',
  'FolderInUse',
  'UnreadableCredentials',
]);

/** What to print about an error that ends the process. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isFull(error)) return 'There is no space left for the data folder: make room and start again, nothing is lost.';
  return CLEAR.has(error.name) ? error.message : (error.stack ?? error.message);
}

/** The tables have words for it instead of a code. */
function isFull(error: Error): boolean {
  if (codeOf(error) === 'ENOSPC' || error.message.includes('disk is full')) return true;
  return error.cause instanceof Error && isFull(error.cause);
}

/** A port that cannot be had, as a sentence; every other error as it is. */
export function portTrouble(error: unknown, option: '--port' | '--console-port', port: number): unknown {
  const code = codeOf(error) ?? (error instanceof Error ? codeOf(error.cause) : undefined);
  const why = { EADDRINUSE: 'is in use', EACCES: 'may not be used by you' }[code ?? ''];
  if (why === undefined) return error;
  return new CannotStart(`Port ${port} ${why}: stop what uses it, or choose another one with ${option}.`, {
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
