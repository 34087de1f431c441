import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import type { Service } from './access/calls.ts';
import { operation } from './access/operation.ts';
import { AwsError } from './aws-error.ts';
import { copyDataFolder } from './copy-folder.ts';

export const BACKUP_TARGET = 'Vgac.Backup';

/** What AWS has services of its own for: this machine's operator asks for a copy of the data folder while it is written. */
export function backupService(dataDir: string): Service {
  return {
    Backup: operation(z.strictObject({ to: z.string().refine(isAbsolute, 'must be an absolute path') }), ({ to }) => {
      if (existsSync(to)) throw new AwsError('ValidationException', `${to} exists: name a folder that is to be made`);
      try {
        return copyDataFolder(dataDir, to);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new AwsError('ValidationException', `${to} cannot be written (${why})`, 400, { cause });
      }
    }),
  };
}
