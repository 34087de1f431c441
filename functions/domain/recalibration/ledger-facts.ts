import type { LabelForecast, LedgerEntry } from '../../../schemas/items/ledger.ts';
import { inputsIn, standardisedIn, taughtBy } from '../forecast/apply.ts';
import { isOfQueue, isWait, type LedgerLine, roundOfLine } from '../ledger-lines.ts';
import type { Fact, Labelled } from './fact.ts';

/**
 * What a refit learns from a ledger line, which is the same as what the forecast itself learns; null if nothing.
 * @throws UnreadableState if the line does not hold a forecast's numbers
 */
export function factOf(line: LedgerLine): Fact | null {
  const round = roundOfLine(line);
  if (round === null || isWait(line)) return null;
  if (!isOfQueue(line)) return labelledIn(line, round);
  const { kind } = line;
  if (kind === 'submitted') return { kind, round, submittedAt: line.submittedAt, inputs: inputsIn(line.inputs) };
  if (kind !== 'started' || line.touched) return null;
  return { kind, round, waitSeconds: line.waitSeconds, z: standardisedIn(line.z) };
}

function labelledIn({ forecast, longWait, touched, submittedAt, q }: LedgerEntry, round: string): Labelled | null {
  if (forecast === undefined || longWait === null || touched) return null;
  const served = { q, withVgac: q !== null && isWithVgac(q, forecast) };
  return { kind: 'labelled', round, submittedAt, y: longWait ? 1 : 0, ...served, taught: taughtBy(forecast) };
}

/** Which of the two models was served. */
function isWithVgac(q: number, { qWithoutVgac, qWithVgac }: LabelForecast): boolean {
  return qWithVgac !== null && Math.abs(q - qWithVgac) < Math.abs(q - qWithoutVgac);
}
