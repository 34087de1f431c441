import type { LabelForecast, LedgerEntry, LedgerItem, QueueLine } from '../../../schemas/items/ledger.ts';
import { isOfQueue, isWait, type LedgerLine } from '../ledger-lines.ts';
import { deserialiseLearned, unpacked } from './codec.ts';
import { countEnded, countLabelled, countLeft, countStarted, countSubmitted, type Taught } from './forecast.ts';
import { INPUTS } from './inputs.ts';
import { correct, shapeOf } from './queue.ts';
import type { ForecastState } from './state.ts';
import type { Tables } from './tables.ts';

type Batch = Pick<LedgerItem, 'entries' | 'change' | 'long_wait_seconds'>;

/**
 * Applies one ledger batch to the forecast, in place. Deterministic, like the calibration fold. The caller evicts rows afterwards
 * if there are too many.
 *
 * @param tables with the rows that `rowsOf` names, as far as they exist
 * @throws UnreadableState if the batch does not hold a forecast's numbers
 */
export function applyToForecast(state: ForecastState, tables: Tables, batch: Batch): void {
  if (batch.change?.learned !== undefined) state.learned = deserialiseLearned(batch.change.learned);
  for (const line of batch.entries) {
    if (isOfQueue(line)) count(state, tables, line);
    else if (!isWait(line)) teach(state, tables, line, batch.long_wait_seconds);
  }
}

function count(state: ForecastState, tables: Tables, line: QueueLine): void {
  const { queue } = state;
  switch (line.kind) {
    case 'submitted':
      countSubmitted(state, tables, line, { at: line.submittedAt, inputs: inputsIn(line.inputs) });
      return;
    case 'started': {
      const { waitSeconds, touched } = line;
      countStarted(state, tables, line, { waitSeconds, z: standardisedIn(line.z), touched });
      return;
    }
    case 'left':
      countLeft(queue, tables, line);
      if (line.cause === 'aged') queue.aged.pending += 1;
      return;
    case 'ended':
      countEnded(queue, line.runSeconds);
      if (line.aged) queue.aged.running += 1;
      return;
    case 'snapshot':
      correct(queue, line);
      return;
  }
}

function teach(state: ForecastState, tables: Tables, label: LedgerEntry, longWaitSeconds: number): void {
  const { forecast, longWait, touched, submittedAt } = label;
  if (forecast === undefined || longWait === null || touched) return;
  const taught = taughtBy(forecast);
  countLabelled(state, tables, forecast, { y: longWait ? 1 : 0, submittedAt, taught }, longWaitSeconds);
}

/** What a label in the ledger teaches the models. @throws UnreadableState */
export function taughtBy({ z, bWithoutVgac, bWithVgac, qWithoutVgac, qWithVgac }: LabelForecast): Taught {
  const withVgac = { bWithVgac: bWithVgac ?? Number.NaN, qWithVgac: qWithVgac ?? Number.NaN };
  return { z: standardisedIn(z), bWithoutVgac, qWithoutVgac, ...withVgac };
}

/** Inputs in a line of the ledger, or on a row. @throws UnreadableState */
export function inputsIn(bytes: Uint8Array): Float64Array {
  return unpacked(bytes, new Float64Array(INPUTS.length));
}

export function standardisedIn(bytes: Uint8Array): Float64Array {
  return unpacked(bytes, new Float64Array(INPUTS.length + 1));
}

/** The table rows that the lines concern. */
export function rowsOf(lines: readonly LedgerLine[]): { shapes: Set<string>; queues: Set<string> } {
  const shapes = new Set<string>();
  const queues = new Set<string>();
  for (const line of lines) {
    if (isWait(line)) continue;
    if (!isOfQueue(line)) {
      if (line.forecast !== undefined) shapes.add(shapeOf(line.forecast));
      continue;
    }
    if (line.kind === 'ended' || line.kind === 'snapshot') continue;
    shapes.add(shapeOf(line));
    if (line.kind === 'started') queues.add(line.queue);
  }
  return { shapes, queues };
}
