import { percent } from '../../../functions/domain/figure-words.ts';
import { contradicts } from '../../../functions/domain/statement.ts';
import type { ServedPrediction } from '../../../schemas/decision.ts';

/** 3 digits of ECE: differences of a thousandth matter at the tier limits. */
export const ece = (value: number | null) => (value === null ? '–' : value.toFixed(3));
/** A share with a no-break space before the per cent sign. */
export const share = (value: number | null) => percent(value).replace(' ', '\u00a0');
/** Rounded down, so that 0.99 never looks like the 1 that is needed. */
export const tokens = (value: number) => String(Math.floor(value * 10 + 1e-9) / 10);

export function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} d`;
}

type Wait = Pick<ServedPrediction, 'q' | 'waitSeconds' | 'lowerSeconds' | 'upperSeconds'>;

/** The served wait; only its bounds if its point estimate and the probability disagree about T. */
export function waitWords(prediction: Wait, longWaitSeconds: number): string {
  const { waitSeconds, lowerSeconds, upperSeconds } = prediction;
  const about = contradicts(prediction, longWaitSeconds) ? '' : `about ${duration(waitSeconds)}, `;
  return `${about}90 % of the time ${duration(lowerSeconds)} to ${duration(upperSeconds)}`;
}

const clockFormat = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});
const timeFormat = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});

export const instant = (iso: string) => clockFormat.format(new Date(iso));
export const time = (iso: string) => timeFormat.format(new Date(iso));

export function between(from: string, to: string | null): string {
  if (to === null) return '';
  const ms = Date.parse(to) - Date.parse(from);
  return ms < 1_000 ? '' : duration(ms / 1_000);
}

export const SCOPE_WORDS: Record<string, string> = {
  autonomous: 'may act on its own',
  notify: 'acts and notifies',
  escalate: 'asks first',
  learning: 'has not seen enough outcomes yet',
};
