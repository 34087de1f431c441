import type { ClusterConfig } from '../../schemas/config.ts';

/** The open questions and those of the last hour. Times in ms since the epoch. */
export interface AskPlaces {
  readonly open: readonly { readonly id: string; readonly tier: number; readonly until: number }[];
  readonly asked: readonly { readonly id: string; readonly tier: number; readonly at: number }[];
}

export const NO_QUESTIONS: AskPlaces = { open: [], asked: [] };

const HOUR_MS = 3_600_000;
const GATE_TIER = 4;

/**
 * Whether another question about a tier may take a human's time now (DESIGN.md section 3, Asking). Questions are admitted in
 * order of arrival, up to a number open and a number per hour, with some of each reserved for tier 4.
 *
 * @returns why not, as a sentence with the numbers; null when there is room
 */
export function whyNotAsk(
  places: AskPlaces,
  question: { readonly id: string; readonly tier: number },
  limits: ClusterConfig['asking'],
  now: number,
): string | null {
  const { open, asked } = current(places, now);
  if (open.some(({ id }) => id === question.id)) return null;
  const full = (taken: readonly { tier: number }[], most: number): boolean => {
    if (taken.length >= most) return true;
    if (question.tier >= GATE_TIER) return false;
    return taken.filter(({ tier }) => tier < GATE_TIER).length >= most - limits.keptForGate;
  };
  if (full(open, limits.open))
    return `${open.length} of ${limits.open} questions are open${kept(question.tier, limits)}`;
  if (!full(asked, limits.perHour)) return null;
  return `${asked.length} of ${limits.perHour} questions of this hour are asked${kept(question.tier, limits)}`;
}

/** Adds a question, open until it expires; the same question takes one place, however often it is added. */
export function withQuestion(
  places: AskPlaces,
  { id, tier, until }: { readonly id: string; readonly tier: number; readonly until: number },
  now: number,
): AskPlaces {
  const { open, asked } = current(places, now);
  if (open.some((other) => other.id === id)) return { open, asked };
  return { open: [...open, { id, tier, until }], asked: [...asked, { id, tier, at: now }] };
}

/** Removes a question that was answered, expired or is void; it still counts towards the hour. */
export function withoutQuestion(places: AskPlaces, id: string, now: number): AskPlaces {
  const { open, asked } = current(places, now);
  return { open: open.filter((other) => other.id !== id), asked };
}

/** Removes a question entirely, when it was never recorded and so never asked. */
export function withoutTrace(places: AskPlaces, id: string, now: number): AskPlaces {
  const { open, asked } = withoutQuestion(places, id, now);
  return { open, asked: asked.filter((other) => other.id !== id) };
}

/** A place frees itself once its question must have expired, whatever happened to it. */
function current(places: AskPlaces, now: number): AskPlaces {
  return {
    open: places.open.filter(({ until }) => until > now),
    asked: places.asked.filter(({ at }) => at > now - HOUR_MS && at <= now + HOUR_MS),
  };
}

function kept(tier: number, { keptForGate }: ClusterConfig['asking']): string {
  return tier < GATE_TIER && keptForGate > 0 ? `, and ${keptForGate} are kept for holds` : '';
}
