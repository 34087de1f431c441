import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import * as z from 'zod';
import { command } from '../../../functions/domain/command.ts';
import { checkManifest, DataFolderUnusable, MARKER, openManifest } from '../../runtime/data-folder.ts';
import { FolderInUse, lockFolder } from '../../runtime/journal/lock.ts';
import { type KeyForm, keyIn } from '../../runtime/key-file.ts';
import { isAlive } from '../running-system.ts';
import { CannotStart } from './cannot-start.ts';

const SlackSecrets = z.object({ botToken: z.string().min(1), signingSecret: z.string().min(1) });
const SLACK_SECRETS = 'slack-secrets.json';
export type SlackSecrets = z.infer<typeof SlackSecrets>;

async function entriesOf(folder: string): Promise<string[] | null> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new CannotStart(`${folder} is a file: give --data a folder.`);
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Throws FolderInUse when a system runs on the folder. It takes the lock for itself when it starts. */
function refuseOwner(folder: string): void {
  lockFolder(join(folder, 'journal'))();
}

/**
 * Makes the data folder ready, mode 0700. Refuses a folder with other people's files in it, and with `fresh` empties
 * only one that carries our marker. One that was used by a version of another layout, or misses something, is refused before
 * anything in it is changed, and `fresh` empties it. With `exclusive` or `fresh` no system may run on it. Returns its
 * absolute path. Throws CannotStart, DataFolderUnusable, FolderInUse.
 */
export async function openDataFolder(
  path: string,
  { fresh, exclusive = false }: { fresh: boolean; exclusive?: boolean },
): Promise<string> {
  const folder = resolve(path);
  if (sep === '/' && folder.includes('\\')) {
    throw new CannotStart(
      `${folder} has a backslash in it, and Node loads no module from there: give --data another folder.`,
    );
  }
  try {
    const entries = await entriesOf(folder);
    if (entries !== null && entries.length > 0 && !entries.includes(MARKER)) {
      throw new CannotStart(`${folder} holds files that are not ours: give --data another folder, or an empty one.`);
    }
    if (entries !== null && !fresh) checkManifest(folder);
    if (entries?.includes(MARKER) === true && (exclusive || fresh)) refuseOwner(folder);
    if (fresh && entries !== null) {
      for (const entry of entries) await rm(join(folder, entry), { recursive: true, force: true });
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await writeFile(join(folder, MARKER), `Made by vgac start; ${command('start --fresh')} empties this folder.\n`, {
      mode: 0o600,
    });
    openManifest(folder);
  } catch (cause) {
    if ([CannotStart, DataFolderUnusable, FolderInUse].some((known) => cause instanceof known)) throw cause;
    throw new CannotStart(`Cannot use ${folder} as data folder: make it writable, or give --data another one.`, {
      cause,
    });
  }
  return folder;
}

/**
 * Slack's token and signing secret: as given, else random ones made once per data folder (mode 0600), so that a card of
 * an earlier start can still be answered.
 */
export async function slackSecrets(
  folder: string,
  given: { botToken?: string | undefined; signingSecret?: string | undefined },
): Promise<SlackSecrets> {
  const kept = keyIn(join(folder, SLACK_SECRETS), SLACK_FORM);
  openManifest(folder).made(SLACK_SECRETS);
  return { botToken: given.botToken || kept.botToken, signingSecret: given.signingSecret || kept.signingSecret };
}

const SLACK_FORM: KeyForm<SlackSecrets> = {
  make: () =>
    JSON.stringify({
      botToken: `xoxb-local-${randomBytes(24).toString('hex')}`,
      signingSecret: randomBytes(32).toString('hex'),
    } satisfies SlackSecrets),
  read(text) {
    try {
      return SlackSecrets.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  },
};

/** Tables of a run that begins with nothing: on disk, since a long trace would fill the memory, and gone afterwards. */
export async function runTables(folder: string): Promise<{ path: string; remove(): Promise<void> }> {
  for (const name of await readdir(folder)) {
    const pid = Number(/^run-(\d+)-/.exec(name)?.[1]);
    // Left behind by one that was killed.
    if (pid > 0 && !isAlive(pid)) await rm(join(folder, name), { recursive: true, force: true });
  }
  const path = await mkdtemp(join(folder, `run-${process.pid}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

const NamedSecrets = z.record(z.string(), z.string().min(1));

/**
 * Values of the secrets that a configuration names, such as the key of one cluster's VGAC: `secrets.json` in the data
 * folder, name to value. None where there is no file. Throws CannotStart, without repeating what is in it.
 */
export async function namedSecrets(folder: string): Promise<Record<string, string>> {
  const path = join(folder, 'secrets.json');
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return {};
  try {
    return NamedSecrets.parse(JSON.parse(text));
  } catch {
    throw new CannotStart(`${path} cannot be read: write a JSON object of secret names and their values.`);
  }
}
