import { decimal } from './numbers.ts';
import type { Zone } from './zone.ts';

/** Numbers from here on are milliseconds, a thousand times more are microseconds, and so on: as seconds it would be the year 5138. */
const MILLISECONDS = 1e11;
/** Times from the year 2100 on are typing errors, and would be taken for the end of the file. */
export const YEAR_2100 = 4_102_444_800;
const NO_TIME = 'is not a time in seconds or ISO 8601';
const [ZERO, COLON, DASH, SLASH, PLUS, DOT, COMMA, SPACE] = [48, 58, 45, 47, 43, 46, 44, 32];
const [UPPER_T, LOWER_T, UPPER_Z, LOWER_Z] = [84, 116, 90, 122];
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const UNKNOWN = new Set(['', 'unknown', 'none', 'n/a', 'na', 'null', 'nil', 'nan', '-', '-1', '<nil>', '\\n']);
/** YYYYMMDDhhmmss: as a number of milliseconds it would be the year 2286 or later. */
const COMPACT = /^(19|20)\d\d[01]\d[0-3]\d[0-2]\d[0-5]\d[0-6]\d$/;

/** Reads the instants of one file, in any common format. */
export class Times {
  /** The fault of the last unreadable one. */
  fault = '';
  /** Whether any time named no zone. */
  hasUsedZone = false;
  private readonly zone: Zone | null;
  private bytes: Uint8Array = new Uint8Array();
  private at = 0;
  private to = 0;

  /** @param zone for times that name none; null refuses them */
  constructor(zone: Zone | null) {
    this.zone = zone;
  }

  /**
   * Seconds since the epoch, from a number of seconds (milli-, micro- or nanoseconds by their size), or ISO 8601 and its variants.
   * NaN for everything else, and then `fault` says why.
   *
   * @param notBefore picks the second of two readings when a clock was set back
   * @param unit of a number, in seconds; with 1 it depends on the size
   */
  read(bytes: Buffer, from: number, to: number, notBefore = Number.NEGATIVE_INFINITY, unit = 1): number {
    const value = decimal(bytes, from, to);
    if (!Number.isNaN(value) && !(to - from === 14 && COMPACT.test(bytes.toString('latin1', from, to)))) {
      return this.ofNumber(value, unit);
    }
    this.bytes = bytes;
    this.at = from;
    this.to = to;
    const at = this.instant(notBefore);
    return at < YEAR_2100 || Number.isNaN(at) ? at : this.refuse('is after the year 2100');
  }

  readText(text: string, notBefore?: number): number {
    const bytes = Buffer.from(text.trim());
    return this.read(bytes, 0, bytes.length, notBefore);
  }

  /** Seconds since the epoch from a number in any unit. */
  ofNumber(value: number, unit = 1): number {
    let seconds = value * unit;
    if (unit === 1) for (let i = 0; i < 3 && Math.abs(seconds) >= MILLISECONDS; i++) seconds /= 1000;
    if (Math.abs(seconds) < YEAR_2100) return seconds;
    return this.refuse(Math.abs(seconds) < MILLISECONDS ? 'is after the year 2100' : NO_TIME);
  }

  private instant(notBefore: number): number {
    const wrong = NO_TIME;
    const year = this.digits(4);
    const extended = this.skip(DASH) || this.skip(SLASH);
    const month = this.digits(2);
    if (extended && !this.skip(DASH) && !this.skip(SLASH)) return this.refuse(wrong);
    const day = this.digits(2);
    if (!(year >= 0 && month >= 0 && day >= 0)) return this.refuse(wrong);
    if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return this.refuse('is not a calendar date');
    if (this.at === this.to) return this.refuse('is a day without a time');
    if (!this.skip(UPPER_T) && !this.skip(LOWER_T) && !this.skip(SPACE) && extended) return this.refuse(wrong);
    this.blanks();
    const hour = this.digits(2);
    const colons = this.skip(COLON);
    const minute = this.digits(2);
    let second = 0;
    if (colons ? this.skip(COLON) : this.isDigit()) second = this.digits(2);
    if (!(hour >= 0 && minute >= 0 && second >= 0)) return this.refuse(wrong);
    const fraction = this.skip(DOT) || this.skip(COMMA) ? this.fraction() : 0;
    if (Number.isNaN(fraction)) return this.refuse(wrong);
    const midnight = hour === 24 && minute === 0 && second === 0 && fraction === 0;
    const leap = second === 60 && hour === 23 && minute === 59;
    if ((hour > 23 && !midnight) || minute > 59 || (second > 59 && !leap)) return this.refuse('is not a time of day');
    this.blanks();
    const local = Date.UTC(year, month - 1, day, hour, minute, second) / 1000 + fraction;
    return this.withOffset(local, notBefore);
  }

  private withOffset(local: number, notBefore: number): number {
    if (this.at === this.to) {
      if (this.zone === null) return this.refuse('has no time zone: give --timezone');
      this.hasUsedZone = true;
      return this.zone.utc(local, notBefore);
    }
    if (this.skip(UPPER_Z) || this.skip(LOWER_Z)) {
      return this.at === this.to ? local : this.refuse('ends in something that is not an offset');
    }
    const word = String.fromCharCode(...this.bytes.subarray(this.at, Math.min(this.to, this.at + 8)));
    if (/^(utc|gmt)$/i.test(word)) return local;
    const negative = this.skip(DASH);
    if (!negative && !this.skip(PLUS)) {
      return this.refuse(
        /^[a-z]{2,5}$/i.test(word)
          ? `names a zone that could be several: write it as +02:00`
          : 'ends in something that is not an offset',
      );
    }
    const hours = this.digits(2);
    this.skip(COLON);
    const minutes = this.isDigit() ? this.digits(2) : 0;
    if (!(hours <= 18 && minutes <= 59) || this.at !== this.to)
      return this.refuse('ends in something that is not an offset');
    return local - (negative ? -1 : 1) * (hours * 3600 + minutes * 60);
  }

  private refuse(fault: string): number {
    this.fault = fault;
    return Number.NaN;
  }

  private digits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      if (!this.isDigit()) return Number.NaN;
      value = value * 10 + (this.bytes[this.at++] ?? 0) - ZERO;
    }
    return value;
  }

  private fraction(): number {
    let value = 0;
    let scale = 1;
    if (!this.isDigit()) return Number.NaN;
    while (this.isDigit()) {
      const digit = (this.bytes[this.at++] ?? 0) - ZERO;
      // Beside the seconds a double has no room for more digits.
      if (scale < 1e6) {
        value = value * 10 + digit;
        scale *= 10;
      }
    }
    return value / scale;
  }

  private isDigit(): boolean {
    const digit = (this.bytes[this.at] ?? 0) - ZERO;
    return this.at < this.to && digit >= 0 && digit <= 9;
  }

  private skip(byte: number | undefined): boolean {
    if (this.at >= this.to || this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  private blanks(): void {
    while (this.skip(SPACE));
  }
}

/** What files write for an unknown time. */
export function isUnknown(text: string): boolean {
  return UNKNOWN.has(text.toLowerCase());
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
}
