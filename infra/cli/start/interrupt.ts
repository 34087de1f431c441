import { constants } from 'node:os';

export interface Interrupted {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly promise: Promise<void>;
  happened(): boolean;
}

/** Listens for SIGINT and SIGTERM. The second one ends the process at once, with the code that shells expect. */
export function onInterrupt(): Interrupted {
  let count = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard = () => {
    count++;
    if (count > 1) process.exit(128 + constants.signals.SIGINT);
    resolve();
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  return { promise, happened: () => count > 0 };
}
