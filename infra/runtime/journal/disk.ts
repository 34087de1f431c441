import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** A file open for writing. */
export interface Segment {
  /** Writes at this offset, over whatever a failed attempt left there, and resolves when it is on disk. */
  write(bytes: Buffer, offset: number): Promise<void>;
  close(): Promise<void>;
}

/** Where the journal keeps its files; tests use one in memory that fails on demand. */
export interface Disk {
  /** How to name the place to people. */
  readonly place: string;
  list(): string[];
  read(name: string): Buffer;
  create(name: string): Promise<Segment>;
  /** Opens a file to write on in it. */
  resume(name: string): Promise<Segment>;
  /** Makes a small file; it is on disk when this returns. */
  keep(name: string, bytes: Buffer): void;
  /** Writes into a file that is there, without waiting for the disk. */
  overwrite(name: string, bytes: Buffer, offset: number): void;
  truncate(name: string, length: number): void;
  remove(name: string): void;
}

const { O_CREAT, O_TRUNC, O_WRONLY, O_DSYNC } = constants;
/** A write returns once it is on disk: one round trip to the thread pool, where write and fdatasync would be two. */
const SYNCED = O_WRONLY | O_DSYNC;

/** A folder of the real file system, created if missing, for its owner only. */
export function folderDisk(folder: string): Disk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  /** A file that was made or removed is so after a power cut only once its folder is synced. */
  const syncFolder = () => using(openSync(folder, 'r'), fsyncSync);
  return {
    place: folder,
    list: () => readdirSync(folder),
    read: (name) => readFileSync(join(folder, name)),
    async create(name) {
      const file = await open(join(folder, name), SYNCED | O_CREAT | O_TRUNC, 0o600);
      syncFolder();
      return segmentIn(file);
    },
    resume: async (name) => segmentIn(await open(join(folder, name), SYNCED)),
    keep(name, bytes) {
      writeFileSync(join(folder, name), bytes, { mode: 0o600, flush: true });
      syncFolder();
    },
    overwrite: (name, bytes, offset) =>
      using(openSync(join(folder, name), O_WRONLY), (file) => writeSync(file, bytes, 0, bytes.length, offset)),
    truncate(name, length) {
      using(openSync(join(folder, name), O_WRONLY), (file) => {
        ftruncateSync(file, length);
        fsyncSync(file);
      });
    },
    remove(name) {
      rmSync(join(folder, name), { force: true });
      syncFolder();
    },
  };
}

function segmentIn(file: FileHandle): Segment {
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
}

function using(file: number, work: (file: number) => unknown): void {
  try {
    work(file);
  } finally {
    closeSync(file);
  }
}
