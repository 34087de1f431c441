import type { Command } from 'commander';

/** How a command ends, for scripts. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** What a verb found or did: in words for people, and as data for programs. */
export interface Result {
  readonly text: string;
  readonly json: unknown;
}

export interface JsonOption {
  readonly json?: boolean;
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print the result as one JSON document');
}

/** Prints the result on stdout. With `--json` it is one document, and nothing else is printed there. */
export function print({ text, json }: Result, { json: asJson = false }: JsonOption): void {
  process.stdout.write(`${asJson ? JSON.stringify(json, null, 2) : text}\n`);
}
