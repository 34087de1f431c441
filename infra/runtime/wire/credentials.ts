import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The data folder's credentials file cannot be read. */
export class UnreadableCredentials extends Error {
  override readonly name = 'UnreadableCredentials' as const;
}

/**
 * The access key of a data folder, created at first use. The file is in AWS's own format, so that
 * `AWS_SHARED_CREDENTIALS_FILE` can point at it.
 * @throws UnreadableCredentials when the file exists but contains no key
 */
export function dataFolderCredentials(dataDir: string): Credentials {
  const file = join(dataDir, 'credentials');
  const text = ownersFile(file, () => {
    const id = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
    const secret = randomBytes(30).toString('base64url');
    return `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
  }).toString();
  const accessKeyId = /^aws_access_key_id\s*=\s*(\S{16,})\s*$/m.exec(text)?.[1];
  const secretAccessKey = /^aws_secret_access_key\s*=\s*(\S{32,})\s*$/m.exec(text)?.[1];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  throw new UnreadableCredentials(`${file} contains no access key: remove it, and a new one is created`);
}

/**
 * The access key of one function, so that the signature identifies the caller. Derived from the data folder's secret,
 * so that it is the same in every run and in no file.
 */
export function functionCredentials({ secretAccessKey }: Credentials, functionArn: string): Credentials {
  const derived = (use: string) => createHmac('sha256', secretAccessKey).update(`${use} ${functionArn}`).digest();
  return {
    accessKeyId: `ASIA${derived('id').toString('hex').slice(0, 16).toUpperCase()}`,
    secretAccessKey: derived('secret').toString('base64url'),
  };
}

/**
 * Key that signs task tokens, kept with the data: a token of an earlier run is then recognized as closed, not
 * rejected as forged.
 */
export function tokenKey(dataDir: string): Buffer {
  return ownersFile(join(dataDir, 'token-key'), () => randomBytes(32));
}

/** Contents of a file that only its owner may read; created if there is none. */
function ownersFile(file: string, make: () => string | Buffer): Buffer {
  if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600, flag: 'wx' });
  return readFileSync(file);
}
