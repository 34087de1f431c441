import type { Disk } from '../../../../infra/runtime/journal/disk.ts';

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
  const length = () => [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const disk: MemoryDisk = {
    files,
    written: [],
    free: Infinity,
    busy: undefined,
    list: () => [...files.keys()],
    read: (name) => files.get(name) ?? Buffer.alloc(0),
    create: async (name) => {
      files.set(name, Buffer.alloc(0));
      return {
        async write(bytes, offset) {
          await disk.busy;
          const before = disk.read(name).subarray(0, offset);
          const fits = bytes.length <= disk.free;
          files.set(name, Buffer.concat([before, fits ? bytes : bytes.subarray(0, bytes.length >> 1)]));
          if (!fits) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
          disk.free -= bytes.length;
          disk.written.push(length());
        },
        close: async () => {},
      };
    },
    cut(name, at) {
      files.set(`${name}.cut`, disk.read(name).subarray(at));
      files.set(name, disk.read(name).subarray(0, at));
    },
    remove: (name) => void files.delete(name),
    upTo(bytes) {
      const copy = new Map<string, Buffer>();
      let left = bytes;
      for (const name of [...files.keys()].sort()) {
        copy.set(name, disk.read(name).subarray(0, Math.max(0, left)));
        left -= disk.read(name).length;
      }
      return memoryDisk(copy);
    },
  };
  return disk;
}
