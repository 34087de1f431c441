import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';

/** Prefix of the folders in which something is being made. */
export const UNFINISHED = 'unfinished-';
/** Holds the digest of every other file of its folder. */
const SEAL = 'seal.json';
const Seal = z.record(z.string(), z.string());

/**
 * Gives a folder that `make` fills: complete or absent, and made anew where a file of it is missing or has changed since.
 * Returns whether it was there as it should be.
 */
export async function sealedFolder(directory: string, make: (unfinished: string) => Promise<void>): Promise<boolean> {
  if (await isIntact(directory)) return true;
  await mkdir(dirname(directory), { recursive: true });
  const unfinished = await mkdtemp(join(dirname(directory), UNFINISHED));
  try {
    await make(unfinished);
    await writeFile(join(unfinished, SEAL), JSON.stringify(await digestsOf(unfinished)));
    // What is there by that name is damaged.
    if (!(await isIntact(directory))) await rm(directory, { recursive: true, force: true });
    await rename(unfinished, directory).catch(async (error: unknown) => {
      // Another start of the same sources was faster.
      if (!(await isIntact(directory))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return false;
}

/** Whether a folder is, file by file, what was sealed. */
async function isIntact(directory: string): Promise<boolean> {
  try {
    const sealed = Seal.parse(JSON.parse(await readFile(join(directory, SEAL), 'utf8')));
    const found = await digestsOf(directory);
    return Object.keys({ ...sealed, ...found }).every((file) => sealed[file] === found[file]);
  } catch {
    return false;
  }
}

async function digestsOf(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .filter((file) => file !== SEAL)
    .sort();
  const digests = files.map(async (file) => {
    const contents = await readFile(join(directory, file));
    return [file, createHash('sha256').update(contents).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(digests));
}
