import { appendFileSync, createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** Where the functions' output goes: one file per function, appended to, readable by the owner only. */
export interface LogFiles {
  write(functionName: string, text: string): void;
  /** Resolves when everything written is in its file. */
  close(): Promise<void>;
}

export function openLogFiles(directory: string): LogFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const streams = new Map<string, WriteStream>();
  let closed = false;
  return {
    write(functionName, text) {
      const file = join(directory, `${functionName}.log`);
      // The last words of a thread may come after its end.
      if (closed) return appendFileSync(file, text, { mode: 0o600 });
      let stream = streams.get(functionName);
      if (stream === undefined) {
        stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
        streams.set(functionName, stream);
      }
      stream.write(text);
    },
    async close() {
      closed = true;
      for (const stream of streams.values()) stream.end();
      await Promise.all([...streams.values()].map((stream) => finished(stream)));
    },
  };
}
