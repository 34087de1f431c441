import { appendFile, createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** Where the output of functions and the messages of queues go: a file for each, appended to, for its owner only. */
export interface LogFiles {
  write(name: string, text: string): void;
  /** Resolves when everything written is in its file. */
  close(): Promise<void>;
}

export function openLogFiles(directory: string): LogFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const streams = new Map<string, WriteStream>();
  let closed = false;
  return {
    write(name, text) {
      const file = join(directory, `${name}.log`);
      // The last words of a thread may come after its end; a full disk costs them too.
      if (closed) return appendFile(file, text, { mode: 0o600 }, () => undefined);
      let stream = streams.get(name);
      if (stream === undefined) {
        stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
        // A full disk costs lines of the log and not the process; the next line tries a stream of its own.
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
