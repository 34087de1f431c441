import { appendFile, createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/**
 * Log files for the output of functions and the messages of queues: one each, append-only, readable by the owner
 * only.
 */
export interface LogFiles {
  write(name: string, text: string): void;
  /** Resolves when everything has been written to its file. */
  close(): Promise<void>;
}

export function openLogFiles(directory: string): LogFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const streams = new Map<string, WriteStream>();
  let closed = false;
  return {
    write(name, text) {
      const file = join(directory, `${name}.log`);
      // A thread's last output may arrive after close; a full disk loses it too.
      if (closed) return appendFile(file, text, { mode: 0o600 }, () => undefined);
      let stream = streams.get(name);
      if (stream === undefined) {
        stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
        // A full disk loses log lines but does not stop the process; the next line tries a new stream.
        stream.on('error', () => streams.delete(name));
        streams.set(name, stream);
      }
      stream.write(text);
    },
    async close() {
      closed = true;
      for (const stream of streams.values()) stream.end();
      await Promise.allSettled([...streams.values()].map((stream) => finished(stream)));
    },
  };
}
