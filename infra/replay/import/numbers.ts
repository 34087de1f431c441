const MINUS = 45;
const PLUS = 43;
const DOT = 46;
const ZERO = 48;
const SPACE = 32;
const TAB = 9;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

/** Powers of ten that a double represents exactly: dividing an exact integer by one rounds as parsing the text would. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** 15 digits always fit into the 53 bits of a double. */
const EXACT_DIGITS = 15;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** A piece of a line, without surrounding blanks, carriage return or quotes. */
export interface Field {
  from: number;
  to: number;
  /** It was quoted, so a doubled quote in it means one. */
  quoted: boolean;
}

/** Narrows a field to its content, in place. */
export function trim(bytes: Uint8Array, field: Field): void {
  while (field.from < field.to && isBlank(bytes[field.from])) field.from += 1;
  while (field.to > field.from && isBlank(bytes[field.to - 1])) field.to -= 1;
  field.quoted = field.to - field.from >= 2 && bytes[field.from] === QUOTE && bytes[field.to - 1] === QUOTE;
  if (field.quoted) {
    field.from += 1;
    field.to -= 1;
  }
}

/** The text of a field that was trimmed. */
export function textOf(bytes: Buffer, { from, to, quoted }: Field): string {
  const text = bytes.toString('utf8', from, to);
  return quoted ? text.replaceAll('""', '"') : text;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN;
}

/** A decimal number, exactly as `Number` reads it; NaN for everything else, the empty text included. */
export function decimal(bytes: Buffer, from: number, to: number): number {
  let at = from;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at += 1;
  let mantissa = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === DOT && decimals < 0) {
      decimals = 0;
      continue;
    }
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9) return byText(bytes, from, to);
    mantissa = mantissa * 10 + digit;
    digits += 1;
    if (decimals >= 0) decimals += 1;
  }
  if (digits === 0 || digits > EXACT_DIGITS) return byText(bytes, from, to);
  const value = decimals > 0 ? mantissa / (POWERS[decimals] ?? 1) : mantissa;
  return negative ? -value : value;
}

function byText(bytes: Buffer, from: number, to: number): number {
  const text = bytes.toString('latin1', from, to);
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** 1, 0, true or false; null for everything else. */
export function yesOrNo(bytes: Buffer, from: number, to: number): boolean | null {
  if (to - from === 1) return bytes[from] === ZERO + 1 ? true : bytes[from] === ZERO ? false : null;
  const text = bytes.toString('latin1', from, to).toLowerCase();
  return text === 'true' || text === '1.0' ? true : text === 'false' || text === '0.0' ? false : null;
}
