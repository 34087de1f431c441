import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { copyDataFolder } from '../runtime/copy-folder.ts';
import { checkManifest } from '../runtime/data-folder.ts';
import { lockFolder } from '../runtime/journal/lock.ts';
import { askForBackup, type Copied } from './backup/ask.ts';
import { DATA_FOLDER } from './data-folder-name.ts';
import { checkFolder } from './doctor/check-folder.ts';
import { Refused } from './refused.ts';
import { type JsonOption, print, withJson } from './result.ts';
import { runningSystem } from './running-system.ts';

interface Options extends JsonOption {
  readonly data: string;
}

export function define(command: Command): void {
  withJson(command)
    .argument('<dir>', 'folder to make; it must not exist yet')
    .option('--data <dir>', 'data folder to copy', DATA_FOLDER)
    .addHelpText('after', '\nThe copy holds the keys of the system: keep it where only you can read it.')
    .action(async (dir: string, options: Options) => {
      const to = resolve(dir);
      const { files, bytes } = await backUp(resolve(options.data), to);
      const text = `${to} holds a backup of this moment, checked and sound: ${files} files, ${bytes} bytes.`;
      print({ text, json: { backup: to, files, bytes } }, options);
    });
}

/** @throws Refused when there is something in the way, or the copy is not sound */
export async function backUp(folder: string, to: string): Promise<Copied> {
  if (existsSync(to)) throw new Refused(`${to} exists: name a folder that is to be made.`);
  if (!existsSync(folder)) throw new Refused(`${folder} does not exist: name the data folder with --data.`);
  const copied = runningSystem(folder) === null ? copyAtRest(folder, to) : await askForBackup(folder, to);
  const damaged = (await checkFolder(to)).find(({ ok }) => !ok);
  if (damaged === undefined) return copied;
  throw new Refused(`${to} was made, but is not sound, and neither is ${folder}: ${damaged.part}: ${damaged.text}`);
}

function copyAtRest(folder: string, to: string): Copied {
  checkManifest(folder);
  const release = lockFolder(join(folder, 'journal'));
  try {
    return copyDataFolder(folder, to);
  } finally {
    release();
  }
}
