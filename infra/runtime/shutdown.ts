import type { Clock } from './clock/clock.ts';

type Closer = () => Promise<void> | void;

export interface Shutdown {
  /** What is opened last is closed first: nothing may write to what is already gone. */
  add(closer: Closer): void;
  /** Whether the system is closing, or closed. */
  begun(): boolean;
  /** Stops the clocks, then closes everything that was added. */
  close(): Promise<void>;
}

export function createShutdown(clocks: readonly Pick<Clock, 'close'>[]): Shutdown {
  const closers: Closer[] = [];
  let begun = false;
  return {
    add(closer) {
      closers.push(closer);
    },
    begun: () => begun,
    async close() {
      begun = true;
      for (const clock of clocks) clock.close();
      for (const closer of closers.splice(0).reverse()) await closer();
    },
  };
}
