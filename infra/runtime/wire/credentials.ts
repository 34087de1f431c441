import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type KeyForm, keyIn } from '../key-file.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ACCESS_KEY: KeyForm<Credentials> = {
  make() {
    const id = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
    const secret = randomBytes(30).toString('base64url');
    return `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
  },
  read(text) {
    const accessKeyId = /^aws_access_key_id\s*=\s*(AKIA[0-9A-F]{16})\s*$/m.exec(text)?.[1];
    const secretAccessKey = /^aws_secret_access_key\s*=\s*([\w-]{40})\s*$/m.exec(text)?.[1];
    return accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
  },
};

/**
 * The operator's access key of a data folder, which may do everything, created at first use. The file is in AWS's own format, so that
 * `AWS_SHARED_CREDENTIALS_FILE` can point at it.
 * @throws KeyUnusable when the file holds no such key
 */
export function dataFolderCredentials(dataDir: string): Credentials {
  return accessKeyIn(join(dataDir, 'credentials'));
}

/** The access key in a file of that form, created at first use. @throws KeyUnusable */
export const accessKeyIn = (file: string): Credentials => keyIn(file, ACCESS_KEY);

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

/** With a checksum: a key that lost a bit would take every open token for forged. */
const TOKEN_KEY: KeyForm<Buffer> = {
  make() {
    const key = randomBytes(32).toString('base64url');
    return `${key} ${checksum(key)}\n`;
  },
  read(text) {
    const [, key = '', sum] = /^([\w-]{43}) ([0-9a-f]{8})\n$/.exec(text) ?? [];
    return sum === checksum(key) ? Buffer.from(key, 'base64url') : undefined;
  },
};

const checksum = (key: string) => crc32(key).toString(16).padStart(8, '0');

/**
 * Key that signs task tokens, kept with the data: a token of an earlier run is then recognized as closed, not
 * rejected as forged.
 * @throws KeyUnusable when the file holds no such key
 */
export function tokenKey(dataDir: string): Buffer {
  return keyIn(join(dataDir, 'token-key'), TOKEN_KEY);
}
