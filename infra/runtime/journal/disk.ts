import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** A file open for writing. */
export interface Segment {
  /** Writes at this offset, over whatever a failed attempt left there, and resolves when it is on disk. */
  write(bytes: Buffer, offset: number): Promise<void>;
  close(): Promise<void>;
}

/** Where the journal keeps its files; tests use one in memory that fails on demand. */
export interface Disk {
  list(): string[];
  read(name: string): Buffer;
  create(name: string): Promise<Segment>;
  /** Truncates a file; the rest is kept in a file beside it for inspection. */
  cut(name: string, length: number): void;
  remove(name: string): void;
}

const { O_CREAT, O_TRUNC, O_WRONLY, O_DSYNC } = constants;
/** A write returns once it is on disk: one round trip to the thread pool, where write and fdatasync would be two. */
const FLAGS = O_CREAT | O_TRUNC | O_WRONLY | O_DSYNC;

/** A folder of the real file system, created if missing, for its owner only. */
export function folderDisk(folder: string): Disk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    list: () => readdirSync(folder),
    read: (name) => readFileSync(join(folder, name)),
    async create(name) {
      const file = await open(join(folder, name), FLAGS, 0o600);
      // A new file survives a crash only once its folder is synced.
      const directory = openSync(folder, 'r');
      fsyncSync(directory);
      closeSync(directory);
      return {
        async write(bytes, offset) {
          for (let done = 0; done < bytes.length; ) {
            done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
          }
          // Windows has no such flag.
          if (process.platform === 'win32') await file.datasync();
        },
        close: () => file.close(),
      };
    },
    cut(name, length) {
      const path = join(folder, name);
      writeFileSync(`${path}.cut`, readFileSync(path).subarray(length), { mode: 0o600 });
      truncateSync(path, length);
    },
    remove: (name) => rmSync(join(folder, name), { force: true }),
  };
}
