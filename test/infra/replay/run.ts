import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const COMMAND = join(import.meta.dirname, '../../../infra/cli/vgac.js');

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as an operator does, without a terminal. */
export function replay(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [COMMAND, 'replay', ...args],
      { env: { ...process.env, NO_COLOR: '1' } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

/** A folder that goes when the tests of a file are done. */
export function folder(): {
  path(name: string): string;
  put(name: string, content: string | Uint8Array): string;
  text(name: string): string;
} {
  const root = mkdtempSync(join(tmpdir(), 'replay-test-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const path = (name: string): string => join(root, name);
  return {
    path,
    put: (name, content) => {
      writeFileSync(path(name), content);
      return path(name);
    },
    text: (name) => readFileSync(path(name), 'utf8'),
  };
}
