const QUOTE = 34;
const SPACE = 32;
const TAB = 9;
const COMMA = 44;
const SEMICOLON = 59;

/**
 * Whether the quote at `at` opens a field that begins at `start`: only blanks may precede it (RFC 4180 allows none).
 * Anywhere else it is an ordinary character: 5" disks are not quoted text.
 */
export function opens(bytes: Uint8Array, start: number, at: number): boolean {
  let before = at;
  while (before > start && (bytes[before - 1] === SPACE || bytes[before - 1] === TAB)) before -= 1;
  return before === start;
}

/**
 * Whether a quoted field is open at the end of a line and continues on the next.
 *
 * @param open whether it was at the start of the line
 */
export function isOpenAfter(bytes: Uint8Array, from: number, to: number, open: boolean): boolean {
  let start = from;
  let inside = open;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      if (inside && at + 1 < to && bytes[at + 1] === QUOTE) at += 1;
      else inside = !inside && opens(bytes, start, at);
    } else if (!inside && (byte === COMMA || byte === SEMICOLON || byte === TAB)) start = at + 1;
  }
  return inside;
}

/**
 * Whether the quote that closes a field from earlier lines is directly followed by text: then it is an opening quote, and the
 * earlier one was never closed.
 */
export function closesOnText(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && (bytes[at] !== QUOTE || bytes[at + 1] === QUOTE)) at += bytes[at] === QUOTE ? 2 : 1;
  return at + 1 < to && isText(bytes[at + 1] ?? 0);
}

function isText(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte >= 128;
}

/** The names in a header, without quotes and surrounding blanks. */
export function namesIn(header: string, delimiter: string): string[] {
  const names = [''];
  let quoted = false;
  for (let at = 0; at < header.length; at++) {
    const character = header[at] ?? '';
    const name = names.at(-1) ?? '';
    if (quoted && character === '"' && header[at + 1] === '"') {
      names[names.length - 1] = `${name}"`;
      at += 1;
    } else if (quoted ? character === '"' : character === '"' && name.trim() === '') quoted = !quoted;
    else if (!quoted && header.startsWith(delimiter, at)) {
      names.push('');
      at += delimiter.length - 1;
    } else names[names.length - 1] = name + character;
  }
  return names.map((name) => name.trim());
}
