import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** A file that cannot be read as a trace; the message says what to do about it. */
export class UnreadableTrace extends Error {
  override readonly name = 'UnreadableTrace' as const;
}

export interface CsvRow {
  /** Line number in the (decompressed) file; the header is line 1. */
  readonly line: number;
  readonly fields: Readonly<Record<string, string>>;
}

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** Reads a file as text, through gzip when its first bytes say so (whatever its name says). Throws UnreadableTrace. */
export async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new UnreadableTrace(`Cannot read the trace ${path}: check that the file exists and is readable.`, { cause });
  }
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return bytes.toString('utf8');
  try {
    return (await promisify(gunzip)(bytes)).toString('utf8');
  } catch (cause) {
    throw new UnreadableTrace(`The trace ${path} is a damaged gzip file: fetch it again.`, { cause });
  }
}

/** Splits one CSV line; fields may be quoted, with "" for a quote. Line breaks inside a field are not supported. */
export function splitLine(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (quoted) {
      if (character !== '"') field += character;
      else if (line.charAt(i + 1) === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ',') {
      fields.push(field);
      field = '';
    } else field += character;
  }
  fields.push(field);
  return fields;
}

/** Header and rows of a CSV text, rows as records of trimmed fields; a row of another width is a problem, not a row. */
export function parseCsv(text: string): {
  header: string[];
  rows: CsvRow[];
  problems: { line: number; reason: string }[];
} {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const header = splitLine(lines[0] ?? '').map((name) => name.trim());
  const rows: CsvRow[] = [];
  const problems: { line: number; reason: string }[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue;
    const values = splitLine(line);
    if (values.length !== header.length) {
      problems.push({ line: index + 1, reason: `has ${values.length} fields, the header has ${header.length}` });
      continue;
    }
    const fields: Record<string, string> = Object.create(null);
    for (const [column, name] of header.entries()) fields[name] = (values[column] ?? '').trim();
    rows.push({ line: index + 1, fields });
  }
  return { header, rows, problems };
}
