import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { sealedFolder } from '../../../../infra/cli/start/assembly-seal.ts';

const parent = mkdtempSync(join(tmpdir(), 'seal-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const folder = join(parent, 'assembly');
const bundle = join(folder, 'asset', 'index.mjs');
const CODE = 'export const handler = () => 1;\n';
let made: number;
const make = async (unfinished: string) => {
  made += 1;
  mkdirSync(join(unfinished, 'asset'));
  writeFileSync(join(unfinished, 'asset', 'index.mjs'), CODE);
  writeFileSync(join(unfinished, 'manifest.json'), '{}');
};

describe('the cached assembly', () => {
  beforeEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await sealedFolder(folder, make);
    made = 0;
  });

  it('is taken as it is while all of it is there', async () => {
    expect(await sealedFolder(folder, make)).toBe(true);
    expect(made).toBe(0);
  });

  it.each([
    ['half a bundle is gone', () => writeFileSync(bundle, CODE.slice(0, 10))],
    ['a bundle is gone', () => rmSync(bundle)],
    ['a single character of a template has changed', () => writeFileSync(join(folder, 'manifest.json'), '{ ')],
    ['a file has been added', () => writeFileSync(join(folder, 'asset', 'other.mjs'), '')],
    ['its seal is gone', () => rmSync(join(folder, 'seal.json'))],
    ['its seal is cut', () => writeFileSync(join(folder, 'seal.json'), '{"manif')],
    [
      'nothing is left but the folder',
      () => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
      },
    ],
  ])('is made anew where %s', async (_, damage) => {
    damage();
    expect(await sealedFolder(folder, make)).toBe(false);
    expect(made).toBe(1);
    expect(readFileSync(bundle, 'utf8')).toBe(CODE);
    expect(readdirSync(parent)).toEqual(['assembly']);
  });

  it('leaves nothing behind where it cannot be made', async () => {
    rmSync(folder, { recursive: true });
    const failed = sealedFolder(folder, async () => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(readdirSync(parent)).toEqual([]);
  });
});
