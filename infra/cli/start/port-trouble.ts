import { codeOf } from '../aws-trouble.ts';
import { CannotStart } from './cannot-start.ts';

/** A port that cannot be had, as a sentence; every other error as it is. */
export function portTrouble(error: unknown, option: '--port' | '--console-port', port: number): unknown {
  const code = codeOf(error) ?? (error instanceof Error ? codeOf(error.cause) : undefined);
  const why = { EADDRINUSE: 'is in use', EACCES: 'may not be used by you' }[code ?? ''];
  if (why === undefined) return error;
  return new CannotStart(`Port ${port} ${why}: stop what uses it, or choose another one with ${option}.`, {
    cause: error,
  });
}
