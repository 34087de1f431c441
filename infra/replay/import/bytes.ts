import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

const CHUNK = 256 * 1024;
const GZIP = [0x1f, 0x8b];

/**
 * The content of a file in chunks, unpacked if its first two bytes say gzip, whatever its name.
 *
 * @param onRead receives the bytes read from the file itself, for the progress bar
 */
export async function* bytesOf(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const zipped = await isGzip(path);
  const file = counted(createReadStream(path, { highWaterMark: CHUNK }), onRead);
  // The reading loop throws the errors of either end of the pipeline.
  yield* zipped ? pipeline(file, createGunzip({ chunkSize: CHUNK }), () => {}) : file;
}

async function* counted(file: AsyncIterable<Buffer>, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of file) {
    onRead(chunk.length);
    yield chunk;
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === GZIP[0] && buffer[1] === GZIP[1];
  } finally {
    await file.close();
  }
}
