import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLook } from '../../../infra/runtime/watch-folder.ts';

function watched() {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-watched-'));
  const at = (...path: string[]) => join(folder, ...path);
  for (const name of ['journal', 'tables']) mkdirSync(at(name));
  const segments = [1, 2, 3].map((n) => at('journal', `0000000${n}.log`));
  for (const file of [...segments, at('tables', 'tables.sqlite')]) writeFileSync(file, 'x');
  return { folder, at, look: createLook(folder, ['journal', 'tables', 'tables/tables.sqlite']) };
}

describe('a data folder in use', () => {
  it('is all there while segments come, and the oldest go', () => {
    const { at, look } = watched();
    expect(look()).toBeNull();
    writeFileSync(at('journal', '00000004.log'), 'x');
    rmSync(at('journal', '00000001.log'));
    expect(look()).toBeNull();
    rmSync(at('journal', '00000002.log'));
    rmSync(at('journal', '00000003.log'));
    expect(look()).toBeNull();
  });

  it.each(['journal', 'tables', 'tables/tables.sqlite', 'journal/00000003.log', 'journal/00000002.log'])(
    'is missed when %s is removed',
    (part) => {
      const { at, look } = watched();
      rmSync(at(part), { recursive: true });
      expect(look()).toBe(`${at(part)} was removed`);
    },
  );

  it.each(['journal', 'tables/tables.sqlite', 'journal/00000003.log'])(
    'is missed when a copy takes the place of %s',
    (part) => {
      const { at, look } = watched();
      cpSync(at(part), at('copy'), { recursive: true });
      rmSync(at(part), { recursive: true });
      renameSync(at('copy'), at(part));
      expect(look()).toBe(`${at(part)} was replaced`);
    },
  );
});
