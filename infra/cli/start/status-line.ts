import { stripVTControlCharacters } from 'node:util';

/** Narrower than this nothing can be read, and a terminal that says so mostly does not know. */
const LEAST_COLUMNS = 20;

/** A number stays with its per cent. */
const BETWEEN_WORDS = /(?<=\S)\s+(?=[^\s%])/;

const isAddress = (line: string) => /^\s*https?:\/\//.test(stripVTControlCharacters(line));

/** Characters that a text takes on screen, colours left out. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/**
 * A text in lines no wider than the terminal: broken between words, the further lines indented. Nothing is left out; a word that is
 * wider than the terminal by itself is broken where it must be, an address never: broken, it leads nowhere.
 *
 * @param columns of the terminal; undefined leaves the text in one line
 */
export function wrapped(text: string, columns: number | undefined, indent = '  '): string[] {
  if (columns === undefined) return [text];
  const width = Math.max(LEAST_COLUMNS, columns);
  if (widthOf(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BETWEEN_WORDS)) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line.trim() !== '') lines.push(line);
    line = `${lines.length === 0 ? '' : indent}${word}`;
    while (widthOf(line) > width && !isAddress(line)) {
      const characters = [...line];
      lines.push(characters.slice(0, width).join(''));
      line = `${indent}${characters.slice(width).join('')}`;
    }
  }
  return line.trim() === '' ? lines : [...lines, line];
}

/** Parts that belong together, as many on a line as fit whole; a part is only broken where it is too wide by itself. */
export function joined(
  parts: readonly string[],
  columns: number | undefined,
  between = ' · ',
  indent = '  ',
): string[] {
  if (columns === undefined) return [parts.join(between)];
  const width = Math.max(LEAST_COLUMNS, columns);
  const lines: string[] = [];
  let line: string | null = null;
  for (const part of parts) {
    const more: string = line === null ? part : `${line}${between}${part}`;
    if (line === null || widthOf(more) <= width) {
      line = more;
      continue;
    }
    lines.push(line);
    line = `${indent}${part}`;
  }
  if (line !== null) lines.push(line);
  return lines.flatMap((each) => wrapped(each, width, indent));
}
