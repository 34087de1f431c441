import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { accessKeyIn, type Credentials } from './credentials.ts';

/** Holds the access keys that may do less than everything, each in a file of its own: so that one can be given away. */
export const KEYS_FOLDER = 'keys';
/** Made at the first start; those of named collectors are made by `vgac collector-key`. */
export const USUAL_KEYS = ['read', 'collector'] as const;

/** Makes one of these keys, if it is not there. @returns its file @throws KeyUnusable */
export function makeKey(dataDir: string, name: string): string {
  const folder = join(dataDir, KEYS_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  accessKeyIn(join(folder, name));
  return join(folder, name);
}

export interface FolderKey {
  readonly name: string;
  readonly credentials: Credentials;
}

export interface KeyRing {
  /** The key with this id as the folder holds it now: one that was made since the start counts, one that was removed does not. */
  find(accessKeyId: string): FolderKey | undefined;
}

/**
 * The keys of a data folder. @param report told of a file that holds no key, once for each change of the folder
 * @throws KeyUnusable where one of the usual keys is none
 */
export function openKeyRing(dataDir: string, report: (message: string) => void): KeyRing {
  for (const name of USUAL_KEYS) makeKey(dataDir, name);
  const folder = join(dataDir, KEYS_FOLDER);
  let readAt = -1;
  let keys = new Map<string, FolderKey>();
  return {
    find(accessKeyId) {
      const changedAt = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (changedAt !== readAt) {
        keys = new Map(readKeys(folder, report).map((key) => [key.credentials.accessKeyId, key]));
        readAt = changedAt;
      }
      return keys.get(accessKeyId);
    },
  };
}

function readKeys(folder: string, report: (message: string) => void): FolderKey[] {
  return namesIn(folder).flatMap((name) => {
    try {
      return [{ name, credentials: accessKeyIn(join(folder, name)) }];
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
      return [];
    }
  });
}

/** None where the folder is gone: then no key counts any more. */
function namesIn(folder: string): string[] {
  try {
    // A key that is just being written has another name until it is complete.
    return readdirSync(folder).filter((name) => /^(read|collector(-[a-z0-9-]+)?)$/.test(name));
  } catch {
    return [];
  }
}
