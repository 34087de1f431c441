/** A day in UTC; a value that is not a calendar date stays a number. */
export function day(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 10);
}

/** Month, day and minute in UTC, for use where the year is shown elsewhere. */
export function minute(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(5, 16).replace('T', ' ');
}

/** Words for rules whose codes are not words. */
const RULE_WORDS: Readonly<Record<string, string>> = {
  learning: 'still learning',
  score: 'calibration score',
  ece: 'ECE',
  tokens: 'free tokens',
  days: 'outcomes of several days',
  noPlace: 'no place to ask about a hold',
  rate: 'actions an hour',
  ownEffect: 'an own effect',
  holdout: 'hold-out',
  noProbability: 'no probability',
  notFinite: 'evidence that cannot be read',
};

export function ruleInWords(code: string): string {
  return RULE_WORDS[code] ?? code;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function percent(value: number | null, digits = 1): string {
  return value === null ? '-' : `${(100 * value).toFixed(digits)} %`;
}

export function decimals(value: number | null): string {
  return value === null ? '-' : value.toFixed(4).replace(/^-(0\.0+)$/, '$1');
}

export function perDay(value: number | null): string {
  return value === null ? '-' : value.toFixed(value < 10 ? 1 : 0);
}
