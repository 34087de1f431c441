import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { beginEpoch } from '../../../../functions/domain/calibration/epoch.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import type { ServedSample } from '../../../../functions/domain/calibration/served-sample.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { candidateFrom } from '../../../../functions/domain/recalibration/candidate.ts';
import { type Labelled, labelledOf } from '../../../../functions/domain/recalibration/labelled.ts';
import { RECALIBRATION } from '../../../../functions/domain/recalibration/numbers.ts';
import { isStepDue, NO_MEMORY, recalibrationStep } from '../../../../functions/domain/recalibration/step.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { entryOf, purseOf, RULES } from '../builders.ts';

/** Real streams, where they lie beside this repository. */
export const STREAMS = join(import.meta.dirname, '../../../../../shared/data/replay');

/** T of all of them, in seconds. */
export const LONG_WAIT = 300;

export interface Row {
  readonly submittedAt: number;
  readonly labelAt: number;
  readonly p: number;
  readonly longWait: boolean;
}

export function rowsOf(stream: string): Row[] {
  const text = gunzipSync(readFileSync(join(STREAMS, `${stream}.csv.gz`))).toString('utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [submitted, , , , p, , , long, label] = line.split(',');
      return { submittedAt: Number(submitted), labelAt: Number(label), p: Number(p), longWait: long === '1' };
    });
}

export interface Run {
  /** What was served to each row, and what the row's job did. */
  readonly served: ServedSample;
  readonly promotions: number;
  readonly rollBacks: number;
  readonly tries: number;
  readonly state: CalibrationState;
}

/**
 * The fold over a stream of jobs that nobody acts on, with the recalibration machine's rules in it or without.
 * @param offset where given, the machine comes by only once in 100 labels, at this one
 */
export function run(rows: readonly Row[], mode: 'off' | 'when due' | 'every 100 labels', offset?: number): Run {
  const order = [...rows.keys()].sort((a, b) => (rows[a]?.labelAt ?? 0) - (rows[b]?.labelAt ?? 0) || a - b);
  const state = initialState(RULES);
  const purse = purseOf();
  const decided: LedgerEntry[] = [];
  const window: Labelled[] = [];
  let memory = NO_MEMORY;
  const counts = { promotions: 0, rollBacks: 0, tries: 0 };
  let known = 0;
  const recalibrate = (): void => {
    if (offset !== undefined && known % 100 !== offset) return;
    if (mode === 'every 100 labels' && known % RECALIBRATION.every === 0) {
      counts.tries += 1;
      if (candidateFrom(window, state.map, LONG_WAIT).better) counts.promotions += 1;
    }
    if (mode !== 'when due' || !isStepDue(state, memory)) return;
    counts.tries += 1;
    const step = recalibrationStep(state, window, memory, LONG_WAIT);
    memory = step.memory;
    if (step.change === null) return;
    counts[step.change.cause === 'promoted' ? 'promotions' : 'rollBacks'] += 1;
    beginEpoch(state, step.change);
  };
  for (const row of rows) {
    for (let entry = decided[order[known] ?? -1]; entry; entry = decided[order[known] ?? -1]) {
      if (entry.labelAt > row.submittedAt) break;
      applyEntry(state, entry, purse, LONG_WAIT);
      known += 1;
      const label = labelledOf(entry);
      if (label) window.push(label);
      if (window.length > RECALIBRATION.window) window.shift();
      recalibrate();
    }
    const { q } = serve(state, { p: row.p, waitSeconds: 0 });
    decided.push(entryOf({ ...row, q, epoch: state.epoch, predictedWaitSeconds: null, waitSeconds: null }));
  }
  const served = {
    q: Float64Array.from(decided, ({ q }) => q ?? Number.NaN),
    y: Uint8Array.from(decided, ({ longWait }) => (longWait ? 1 : 0)),
    submittedAt: Float64Array.from(decided, ({ submittedAt }) => submittedAt),
  };
  return { served, state, ...counts };
}
