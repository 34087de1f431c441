import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RUN_BYTES = 32 * 1024 * 1024;
const READ_BYTES = 256 * 1024;
/** Time (8), line number (8), length (4). */
const HEAD = 20;

/** A stored line. The bytes are valid only until the next one. */
export interface SortedLine {
  time: number;
  line: number;
  bytes: Buffer;
  from: number;
  to: number;
}

/**
 * Sorts the lines of a file of any size by time, stably: runs of 32 MB are sorted in memory and written to temporary files,
 * which are then merged. A file that fits into one run never leaves memory.
 */
export class LineSort {
  private readonly run: Buffer;
  private used = 0;
  private starts: number[] = [];
  private readonly files: number[] = [];
  private folder: string | null = null;

  /** @param runBytes memory of one run; must hold the longest line */
  constructor(runBytes: number = RUN_BYTES) {
    this.run = Buffer.allocUnsafe(runBytes);
  }

  add(time: number, line: number, bytes: Buffer, from: number, to: number): void {
    const size = HEAD + to - from;
    if (this.used + size > this.run.length) this.spill();
    const at = this.used;
    this.run.writeDoubleLE(time, at);
    this.run.writeDoubleLE(line, at + 8);
    this.run.writeUInt32LE(to - from, at + 16);
    bytes.copy(this.run, at + HEAD, from, to);
    this.starts.push(at);
    this.used += size;
  }

  *sorted(): Generator<SortedLine> {
    const runs = [...this.files.map(linesOfFile), this.linesOfMemory()];
    const heads = runs.map((run) => run.next().value ?? null);
    for (;;) {
      let first = -1;
      let earliest = Number.POSITIVE_INFINITY;
      // The earlier run wins a tie, since its lines came first.
      for (let i = 0; i < heads.length; i++) {
        const time = heads[i]?.time ?? Number.POSITIVE_INFINITY;
        if (time < earliest) {
          earliest = time;
          first = i;
        }
      }
      const head = heads[first];
      if (!head) return;
      yield head;
      heads[first] = runs[first]?.next().value ?? null;
    }
  }

  /** Removes the temporary files. */
  close(): void {
    for (const file of this.files) closeSync(file);
    if (this.folder !== null) rmSync(this.folder, { recursive: true, force: true });
  }

  private order(): number[] {
    const { run, starts } = this;
    const times = Float64Array.from(starts, (at) => run.readDoubleLE(at));
    return starts.map((_, i) => i).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  }

  private spill(): void {
    this.folder ??= mkdtempSync(join(tmpdir(), 'replay-'));
    const file = openSync(join(this.folder, `run-${this.files.length}`), 'wx+', 0o600);
    this.files.push(file);
    const out = Buffer.allocUnsafe(this.used);
    let at = 0;
    for (const i of this.order()) {
      const start = this.starts[i] ?? 0;
      const size = HEAD + this.run.readUInt32LE(start + 16);
      at += this.run.copy(out, at, start, start + size);
    }
    for (let written = 0; written < at; ) written += writeSync(file, out, written, at - written);
    this.used = 0;
    this.starts = [];
  }

  private *linesOfMemory(): Generator<SortedLine> {
    for (const i of this.order()) yield lineAt(this.run, this.starts[i] ?? 0);
  }
}

function lineAt(bytes: Buffer, at: number): SortedLine {
  const from = at + HEAD;
  const to = from + bytes.readUInt32LE(at + 16);
  return { time: bytes.readDoubleLE(at), line: bytes.readDoubleLE(at + 8), bytes, from, to };
}

function* linesOfFile(file: number): Generator<SortedLine> {
  let buffer = Buffer.allocUnsafe(READ_BYTES);
  let [from, to, position] = [0, 0, 0];
  const need = (size: number): boolean => {
    if (to - from >= size) return true;
    const bigger = size > buffer.length ? Buffer.allocUnsafe(size) : buffer;
    to = buffer.copy(bigger, 0, from, to);
    from = 0;
    buffer = bigger;
    while (to < size) {
      const got = readSync(file, buffer, to, buffer.length - to, position);
      if (got === 0) return false;
      position += got;
      to += got;
    }
    return true;
  };
  while (need(HEAD) && need(HEAD + buffer.readUInt32LE(from + 16))) {
    const line = lineAt(buffer, from);
    from = line.to;
    yield line;
  }
}
