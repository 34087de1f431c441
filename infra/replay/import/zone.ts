/** An unknown time zone: nothing runs. */
export class UnknownZone extends Error {
  override readonly name = 'UnknownZone' as const;
}

/**
 * Converts the wall clock of a place to seconds since the epoch.
 *
 * When clocks change, a skipped time is read with the offset from before (it then lies after the gap), and a time shown twice
 * means the first, unless that is before `notBefore`, since no job starts before its submission.
 */
export interface Zone {
  readonly name: string;
  /** @param local seconds since the epoch as if the clock showed UTC */
  utc(local: number, notBefore: number): number;
}

const OFFSET = /^([+-])(\d\d):?(\d\d)?$/;
const DAY = 86_400;
/** Clocks change at a full quarter of an hour. */
const QUARTER = 900;

/** @throws UnknownZone unless it is a name in the IANA database, UTC or an offset such as +02:00 */
export function zoneOf(name: string): Zone {
  const [, sign, hours, minutes = '0'] = OFFSET.exec(name) ?? [];
  if (hours !== undefined) {
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
    return { name, utc: (local) => local - offset };
  }
  if (/^(z|utc|gmt)$/i.test(name)) return { name: 'UTC', utc: (local) => local };
  return new Place(name);
}

class Place implements Zone {
  readonly name: string;
  private readonly clock: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();
  /** Offset of the days without a clock change; NaN for the others. */
  private readonly days = new Map<number, number>();

  constructor(name: string) {
    try {
      this.clock = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' });
    } catch (cause) {
      throw new UnknownZone(
        `"${name}" is not a time zone; use a name such as Europe/Berlin or America/New_York, UTC, or an offset such as +02:00`,
        { cause },
      );
    }
    this.name = this.clock.resolvedOptions().timeZone;
  }

  utc(local: number, notBefore: number): number {
    const day = Math.floor(local / DAY);
    let offset = this.days.get(day);
    if (offset === undefined) {
      const [before, after] = [this.offsetAt((day - 1) * DAY), this.offsetAt((day + 2) * DAY)];
      offset = before === after ? before : Number.NaN;
      this.days.set(day, offset);
    }
    return Number.isNaN(offset) ? this.atChange(local, notBefore) : local - offset;
  }

  private atChange(local: number, notBefore: number): number {
    const before = this.offsetAt(local - DAY);
    const after = this.offsetAt(local + DAY);
    const first = local - before;
    const second = local - after;
    if (this.offsetAt(first) !== before) return this.offsetAt(second) === after ? second : first;
    return first < notBefore && this.offsetAt(second) === after ? second : first;
  }

  /** @param at seconds since the epoch */
  private offsetAt(at: number): number {
    const quarter = Math.floor(at / QUARTER);
    const known = this.offsets.get(quarter);
    if (known !== undefined) return known;
    const text = this.clock.format(new Date(quarter * QUARTER * 1000));
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(text) ?? [];
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
    this.offsets.set(quarter, offset);
    return offset;
  }
}
