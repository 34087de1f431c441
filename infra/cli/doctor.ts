import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { askForBackup } from './backup/ask.ts';
import { DATA_FOLDER } from './data-folder-name.ts';
import { checkFolder, type Finding } from './doctor/check-folder.ts';
import { EXIT, type JsonOption, print, withJson } from './result.ts';
import { runningSystem } from './running-system.ts';

interface Options extends JsonOption {
  readonly data: string;
}

export function define(command: Command): void {
  withJson(command)
    .option('--data <dir>', 'data folder, or a backup of one', DATA_FOLDER)
    .addHelpText('after', '\nIt changes nothing. While a system runs on the folder, it looks at a copy of that moment.')
    .action(async (options: Options) => {
      const findings = await findingsOf(resolve(options.data));
      const isSound = findings.every(({ ok }) => ok);
      print({ text: tableOf(findings), json: { ok: isSound, findings } }, options);
      if (!isSound) process.exitCode = EXIT.failed;
    });
}

async function findingsOf(folder: string): Promise<Finding[]> {
  if (runningSystem(folder) === null) return checkFolder(folder);
  const parent = mkdtempSync(join(tmpdir(), 'vgac-doctor-'));
  try {
    const copy = join(parent, 'copy');
    await askForBackup(folder, copy);
    return await checkFolder(copy);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

function tableOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ part }) => part.length));
  const lines = findings.map(({ part, ok, text }) => {
    return `${ok ? pc.green('sound  ') : pc.red('damaged')}  ${part.padEnd(width)}  ${text}`;
  });
  const damaged = findings.filter(({ ok }) => !ok).length;
  return [
    ...lines,
    damaged === 0 ? 'Everything is sound.' : `Not everything is sound: ${damaged} of ${findings.length}.`,
  ].join('\n');
}
