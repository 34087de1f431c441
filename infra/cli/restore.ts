import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { copyDataFolder } from '../runtime/copy-folder.ts';
import { MARKER } from '../runtime/data-folder.ts';
import { lockFolder } from '../runtime/journal/lock.ts';
import { DATA_FOLDER } from './data-folder-name.ts';
import { checkFolder } from './doctor/check-folder.ts';
import { Refused } from './refused.ts';
import { type JsonOption, print, withJson } from './result.ts';

interface Options extends JsonOption {
  readonly data: string;
}

export function define(command: Command): void {
  withJson(command)
    .argument('<dir>', 'backup, as vgac backup has made it')
    .option('--data <dir>', 'data folder to put in its place', DATA_FOLDER)
    .action(async (dir: string, options: Options) => {
      const folder = resolve(options.data);
      const before = await restore(resolve(dir), folder, new Date());
      const kept =
        before === null ? '' : ` What was there is now ${before}; remove it when you do not need it any more.`;
      print(
        { text: `${folder} is as it was when the backup was made.${kept}`, json: { restored: folder, before } },
        options,
      );
    });
}

/**
 * Puts a backup in the place of a data folder. What was there is moved aside, not removed.
 * @returns where it is now; null where there was nothing
 * @throws Refused when the backup is not sound, FolderInUse when a system runs on the folder
 */
export async function restore(backup: string, folder: string, now: Date): Promise<string | null> {
  const damaged = (await checkFolder(backup)).find(({ ok }) => !ok);
  if (damaged !== undefined) {
    throw new Refused(`${backup} cannot be restored, and nothing was changed: ${damaged.part}: ${damaged.text}`);
  }
  const release = existsSync(folder) ? claim(folder) : () => undefined;
  try {
    // An earlier attempt may have been killed.
    const coming = `${folder}.restored`;
    rmSync(coming, { recursive: true, force: true });
    copyDataFolder(backup, coming);
    const before = existsSync(folder) ? `${folder}.before-${now.toISOString().replaceAll(/[:.]/g, '-')}` : null;
    if (before !== null) renameSync(folder, before);
    renameSync(coming, folder);
    return before;
  } finally {
    release();
  }
}

/** @returns what releases the folder again */
function claim(folder: string): () => void {
  const entries = readdirSync(folder);
  if (entries.length > 0 && !entries.includes(MARKER)) {
    throw new Refused(`${folder} holds files that are not ours: give --data another folder, or an empty one.`);
  }
  return lockFolder(join(folder, 'journal'));
}
