import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const Parsed = z.object({ accessKeyId: z.string().min(16), secretAccessKey: z.string().min(32) });

/** The data folder's credentials file cannot be read. */
export class UnreadableCredentials extends Error {
  override readonly name = 'UnreadableCredentials' as const;
}

/**
 * The access key of a data folder, made at first use. The file is in AWS's own format, readable by its owner only, so
 * that `AWS_SHARED_CREDENTIALS_FILE` can point at it.
 * @throws UnreadableCredentials when the file is there and holds no key
 */
export function dataFolderCredentials(dataDir: string): Credentials {
  const file = join(dataDir, 'credentials');
  if (!existsSync(file)) {
    const accessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
    const secretAccessKey = randomBytes(30).toString('base64url');
    const lines = ['[default]', `aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`, ''];
    writeFileSync(file, lines.join('\n'), { mode: 0o600, flag: 'wx' });
  }
  const text = readFileSync(file, 'utf8');
  const setting = (key: string) => new RegExp(`^${key}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1];
  const parsed = Parsed.safeParse({
    accessKeyId: setting('aws_access_key_id'),
    secretAccessKey: setting('aws_secret_access_key'),
  });
  if (!parsed.success) throw new UnreadableCredentials(`${file} holds no access key: remove it to have one made`);
  return parsed.data;
}

/**
 * The access key of one function: who calls is then known from the signature. Follows from the data folder's secret, so
 * that it is the same in every run and stands in no file.
 */
export function functionCredentials({ secretAccessKey }: Credentials, functionArn: string): Credentials {
  const derived = (use: string) => createHmac('sha256', secretAccessKey).update(`${use} ${functionArn}`).digest();
  return {
    accessKeyId: `ASIA${derived('id').toString('hex').slice(0, 16).toUpperCase()}`,
    secretAccessKey: derived('secret').toString('base64url'),
  };
}

/** Key that signs task tokens, kept with the data: a token of an earlier run is then known as closed, not as forged. */
export function tokenKey(dataDir: string): Buffer {
  const file = join(dataDir, 'token-key');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
  return readFileSync(file);
}
