import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DataFolderUnusable, openManifest } from '../../../infra/runtime/data-folder.ts';

const base = mkdtempSync(join(tmpdir(), 'vgac-manifest-'));
const folder = join(base, 'data');
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const KEYS = ['credentials', 'token-key'];

function used() {
  const manifest = openManifest(folder);
  for (const key of KEYS) {
    writeFileSync(join(folder, key), key);
    manifest.made(key);
  }
  mkdirSync(join(folder, 'journal'));
  manifest.made('journal', { segment: 3 });
}

describe('the manifest of a data folder', () => {
  it('lists what was made, with what was noted about it, for its owner only', () => {
    used();
    const manifest = openManifest(folder);
    expect(manifest.parts()).toEqual([...KEYS, 'journal']);
    expect(manifest.detailsOf('journal')).toEqual({ segment: 3 });
    manifest.made('journal');
    expect(manifest.detailsOf('journal')).toEqual({ segment: 3 });
    manifest.made('journal', { segment: 4 });
    expect(openManifest(folder).detailsOf('journal')).toEqual({ segment: 4 });
    expect(statSync(join(folder, 'manifest.json')).mode & 0o777).toBe(0o600);
  });

  it('refuses a folder in which something is missing, by name, however often it is asked', () => {
    used();
    rmSync(join(folder, 'journal'), { recursive: true });
    truncateSync(join(folder, 'token-key'));
    const message = `${folder} was used before and lacks token-key and journal: restore the folder from a backup with npx vgac restore, or start anew with --fresh, which empties it.`;
    for (let time = 0; time < 2; time++) expect(() => openManifest(folder)).toThrow(message);
  });

  it('refuses a folder that was used and has none, unless only a lock was in it', () => {
    mkdirSync(join(folder, 'journal'), { recursive: true });
    writeFileSync(join(folder, 'vgac-data-folder'), '');
    writeFileSync(join(folder, 'journal', 'lock'), '');
    openManifest(folder);
    for (const left of ['journal/00000001.log', 'tables', 'credentials']) {
      rmSync(folder, { recursive: true });
      mkdirSync(join(folder, 'journal'), { recursive: true });
      writeFileSync(join(folder, left), 'x');
      expect(() => openManifest(folder)).toThrow(`${folder} was used before and lacks manifest.json`);
    }
  });

  it('is refused when any bit of it has changed what it says', () => {
    used();
    const file = join(folder, 'manifest.json');
    const [bytes, parts] = [readFileSync(file), openManifest(folder).parts()];
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        writeFileSync(file, changed);
        try {
          expect(openManifest(folder).parts()).toEqual(parts);
        } catch (error) {
          expect(error).toBeInstanceOf(DataFolderUnusable);
        }
      }),
      { numRuns: 300 },
    );
  });
});
