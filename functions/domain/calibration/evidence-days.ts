/** How many UTC days the untouched labels of a tier come from: a flood of outcomes on one day is one day's evidence. */
export interface EvidenceDays {
  seen: number;
  /** The latest day counted, in days since the epoch; -1 before the first. */
  last: number;
}

const DAY_SECONDS = 86_400;

export function evidenceDays(): EvidenceDays {
  return { seen: 0, last: -1 };
}

/** Counts the day of a label if it is later than any before; a label that arrives late adds none. */
export function noteDay(days: EvidenceDays, labelAt: number): void {
  const day = Math.floor(labelAt / DAY_SECONDS);
  if (!(day > days.last && Number.isSafeInteger(day))) return;
  days.seen += 1;
  days.last = day;
}
