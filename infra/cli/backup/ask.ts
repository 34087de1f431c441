import * as z from 'zod';
import { BACKUP_TARGET } from '../../runtime/backup.ts';
import { dataFolderCredentials } from '../../runtime/wire/credentials.ts';
import { signedCall } from '../approve/signed-headers.ts';
import { Refused } from '../refused.ts';
import { runningSystem } from '../running-system.ts';

const Copied = z.object({ files: z.number(), bytes: z.number() });
export type Copied = z.infer<typeof Copied>;

/** Has the system that runs on a data folder copy it, for only that can do so at one instant. @throws Refused */
export async function askForBackup(folder: string, to: string): Promise<Copied> {
  const running = runningSystem(folder);
  if (running === null) throw new Refused(`No system runs on ${folder} any more: run the command again.`);
  const body = JSON.stringify({ to });
  const url = new URL(running.endpoint);
  const headers = await signedCall(url, BACKUP_TARGET, body, dataFolderCredentials(folder), new Date());
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error' });
  const json: unknown = await response.json().catch(() => null);
  if (response.ok) return Copied.parse(json);
  const { message = `it answered ${response.status}` } = z.object({ message: z.string() }).safeParse(json).data ?? {};
  throw new Refused(`The system on ${folder} made no backup: ${message}`);
}
