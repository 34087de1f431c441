import type { Disk, Segment } from '../../../../infra/runtime/journal/disk.ts';
import { HEAD } from '../../../../infra/runtime/journal/head.ts';

/** A disk in memory: it can be filled up, and copied as a power cut at any byte would leave it. */
export interface MemoryDisk extends Disk {
  readonly files: Map<string, Buffer>;
  /** Lengths of the whole log, in bytes, after each write. */
  readonly written: number[];
  /** Bytes that still fit; a write beyond that leaves half of itself and fails. */
  free: number;
  /** A write begins when this is over. */
  busy: Promise<void> | undefined;
  /** The first `bytes` of everything written, in the order of the segments. */
  upTo(bytes: number): MemoryDisk;
}

export function memoryDisk(files = new Map<string, Buffer>()): MemoryDisk {
  const segments = () => [...files.keys()].filter((name) => name.endsWith('.log')).sort();
  const read = (name: string) => files.get(name) ?? Buffer.alloc(0);
  const length = () => segments().reduce((sum, name) => sum + read(name).length, 0);
  /** The head as it was once the log had this length. */
  const heads = new Map<number, Buffer>();
  const segmentOf = (name: string): Segment => ({
    async write(bytes, offset) {
      await disk.busy;
      const before = read(name).subarray(0, offset);
      const fits = bytes.length <= disk.free;
      files.set(name, Buffer.concat([before, fits ? bytes : bytes.subarray(0, bytes.length >> 1)]));
      if (!fits) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      disk.free -= bytes.length;
      disk.written.push(length());
    },
    close: async () => {},
  });
  const keep = (name: string, bytes: Buffer) => {
    files.set(name, Buffer.from(bytes));
    if (name === HEAD) heads.set(length(), Buffer.from(bytes));
  };
  const disk: MemoryDisk = {
    place: 'memory',
    files,
    written: [],
    free: Infinity,
    busy: undefined,
    list: () => [...files.keys()],
    read,
    async create(name) {
      files.set(name, Buffer.alloc(0));
      return segmentOf(name);
    },
    resume: async (name) => segmentOf(name),
    keep,
    overwrite(name, bytes, offset) {
      const changed = Buffer.from(read(name));
      bytes.copy(changed, offset);
      keep(name, changed);
    },
    truncate: (name, at) => void files.set(name, read(name).subarray(0, at)),
    remove: (name) => void files.delete(name),
    upTo(bytes) {
      const copy = new Map<string, Buffer>();
      let left = bytes;
      for (const name of segments()) {
        if (left > 0) copy.set(name, read(name).subarray(0, left));
        left -= read(name).length;
      }
      const head = [...heads].findLast(([written]) => written <= bytes)?.[1];
      if (head !== undefined) copy.set(HEAD, head);
      return memoryDisk(copy);
    },
  };
  return disk;
}
