import type { ServedPrediction } from '../../schemas/decision.ts';

/** Which forecast was served, in words; null if none was, or if the decision predates the built-in forecast. */
export function servedWords({ models }: Pick<ServedPrediction, 'models'>): string | null {
  if (models === undefined) return null;
  const { servedBy, qWithoutVgac, qWithVgac, vgac } = models;
  if (servedBy === 'queueAndVgac') {
    return `the queue's own forecast with VGAC's probability in it, since that has shown to help (${percent(qWithoutVgac)} without)`;
  }
  const own = "the queue's own forecast";
  switch (vgac) {
    case 'notAsked':
      return own;
    case 'silent':
      return `${own} alone: VGAC did not answer`;
    case 'noProbability':
      return `${own} alone: VGAC gave no probability`;
    case 'answered':
      return qWithVgac === null
        ? own
        : `${own}; VGAC's probability has not shown to help (${percent(qWithVgac)} with it)`;
  }
}

function percent(q: number): string {
  return `${Math.round(100 * q)} %`;
}
