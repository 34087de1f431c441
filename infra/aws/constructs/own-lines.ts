import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import * as z from 'zod';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

const SourceMap = z.object({
  version: z.literal(3),
  sources: z.array(z.string()),
  names: z.array(z.string()),
  mappings: z.string(),
});

/**
 * Reduces a bundle's source map to the lines of this project. Node reads a map whole at the first stack trace of a process, and
 * nine tenths of it are packages, whose frames keep their place in the bundle. Paths begin at the project, so that the
 * map is the same wherever it was built.
 *
 * @param text the map as esbuild wrote it
 * @param directory where it wrote it
 */
export function ownLines(text: string, directory: string): string {
  const map = SourceMap.parse(JSON.parse(text));
  const files = map.sources.map((source) => resolve(directory, source));
  const sources = new Numbered();
  const names = new Numbered();
  const lines = decode(map.mappings).map((line) => {
    const kept: SourceMapSegment[] = [];
    for (const [column, source, row, at, name] of line) {
      const file = source === undefined ? undefined : files[source];
      if (file === undefined || row === undefined || at === undefined || file.includes(`${sep}node_modules${sep}`)) {
        // Without an end, what follows would pass for ours.
        if (kept.at(-1)?.length !== 1) kept.push([column]);
        continue;
      }
      const index = sources.of(relative(PROJECT, file).replaceAll(sep, '/'));
      const called = name === undefined ? undefined : map.names[name];
      kept.push(called === undefined ? [column, index, row, at] : [column, index, row, at, names.of(called)]);
    }
    return kept;
  });
  return JSON.stringify({ version: 3, sources: sources.list(), names: names.list(), mappings: encode(lines) });
}

/** Texts in the order in which they were first met. */
class Numbered {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }

  list(): string[] {
    return [...this.#numbers.keys()];
  }
}
