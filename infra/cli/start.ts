import type { Command } from 'commander';
import { startOptions, withStartOptions } from './start/options.ts';

export function define(command: Command): void {
  withStartOptions(command).action(async (given: unknown) => {
    const options = startOptions(given);
    // The whole system comes with it; `--help` and a wrong option need not wait for that.
    const { run } = await import('./start/run.ts');
    await run(options);
  });
}
