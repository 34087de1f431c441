import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openLogFiles } from '../../../../infra/runtime/functions/log-files.ts';
import { temporaryFolder } from '../assembly-fixture.ts';

describe('the last words of a thread, after the log is closed', () => {
  it('are still in its file', async () => {
    const directory = join(temporaryFolder(), 'log');
    const logs = openLogFiles(directory);
    logs.write('f', 'before\n');
    await logs.close();
    logs.write('f', 'after\n');
    await vi.waitFor(() => expect(readFileSync(join(directory, 'f.log'), 'utf8')).toBe('before\nafter\n'));
  });

  it('are lost, and end no process, where they cannot be written', async () => {
    const directory = join(temporaryFolder(), 'log');
    const logs = openLogFiles(directory);
    await logs.close();
    rmSync(directory, { recursive: true });
    expect(() => logs.write('f', 'after\n')).not.toThrow();
  });
});
