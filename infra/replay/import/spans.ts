const PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  millis: 1e-3,
  milliseconds: 1e-3,
  msec: 1e-3,
  s: 1,
  sec: 1,
  secs: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  mins: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hr: 3600,
  hrs: 3600,
  hour: 3600,
  hours: 3600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
};
const NUMBER = /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Slurm: [days-]hours:minutes:seconds, minutes:seconds, days-hours[:minutes]. Python: 2 days, 3:04:05. */
const CLOCK = /^(?:(\d+)(?:-| days?,? +))?(\d+)(?::(\d+))?(?::(\d+(?:\.\d+)?))?$/;
const PARTS = /(\d+\.?\d*|\.\d+)\s*([a-zµ]+)/gi;
const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/i;

/**
 * A duration in seconds: `90`, `00:01:30`, `1-02:00:00`, `1m30s`, `12.345s`, `PT1M30S`; NaN for everything else, including
 * negative values.
 *
 * @param unit its length in seconds, for plain numbers
 */
export function spanOf(text: string, unit = 1): number {
  if (NUMBER.test(text)) return Number(text) * unit;
  const clock = CLOCK.exec(text);
  if (clock !== null) return ofClock(clock);
  const iso = ISO.exec(text);
  if (iso !== null && text.length > 2) {
    const [, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = '0'] = iso;
    const date = Number(weeks) * 604_800 + Number(days) * 86_400;
    return date + Number(hours) * 3600 + Number(minutes) * 60 + Number(String(seconds).replace(',', '.'));
  }
  return ofParts(text);
}

function ofClock([, days, first = '0', second, third]: RegExpExecArray): number {
  const date = days === undefined ? 0 : Number(days) * 86_400;
  if (third !== undefined) return date + Number(first) * 3600 + Number(second) * 60 + Number(third);
  // In Slurm two parts are minutes and seconds, but hours and minutes after days.
  if (days !== undefined) return date + Number(first) * 3600 + Number(second ?? 0) * 60;
  return second === undefined ? Number.NaN : Number(first) * 60 + Number(second);
}

function ofParts(text: string): number {
  let seconds = 0;
  let read = '';
  for (const [part, amount = '', name = ''] of text.matchAll(PARTS)) {
    const unit = PER_UNIT[name.toLowerCase()];
    if (unit === undefined) return Number.NaN;
    seconds += Number(amount) * unit;
    read += part;
  }
  return read !== '' && read.length === text.replaceAll(/(?<=[a-zµ])[\s,]+/gi, '').length ? seconds : Number.NaN;
}

/** The unit at the end of a column's name, in seconds, and the name without it. */
export function unitOf(name: string): { base: string; unit: number } {
  const [, base, suffix] = /^(.*[^_\s([])[_\s([]+([a-zµ]+)[)\]]?$/i.exec(name) ?? [];
  const unit = PER_UNIT[suffix?.toLowerCase() ?? ''];
  return base === undefined || unit === undefined ? { base: name, unit: 1 } : { base, unit };
}
