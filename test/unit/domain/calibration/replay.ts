import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { applyEntry } from '../../../../functions/domain/calibration/apply.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { tokensAt } from '../../../../functions/domain/calibration/tokens.ts';
import { GATE } from '../../../../functions/domain/thresholds.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { BUDGETS, entryOf } from '../builders.ts';

export interface Replayed {
  /** One letter per job: A act, E on probation, N asked for another reason. */
  readonly decisions: string;
  readonly served: readonly { at: number; p: number; q: number; predicted: number }[];
  readonly executed: number;
  readonly harmful: number;
}

/** Rules 1 to 5 of CALIBRATION.md section 4, every job a statement: what the prototype did. */
function coreRules(state: CalibrationState, q: number, inFlight: number, now: number): 'A' | 'E' | 'N' {
  if (state.hold > 0) return 'E';
  const { size, ones } = state.harms.statement;
  const held =
    tokensAt(state, 'statement', BUDGETS, now) - inFlight < GATE.freeTokens ||
    (size >= GATE.harm.labels && ones / size > GATE.harm.rate) ||
    Math.min(q, 1 - q) > state.tau ||
    inFlight >= BUDGETS.statement.inFlight;
  return held ? 'N' : 'A';
}

/** Feeds a stream in order of submission; labels are applied by (labelAt, row) as soon as they are known. */
export function replay(file: string): Replayed {
  const rows = rowsOf(file);
  const order = [...rows.keys()].sort((a, b) => (rows[a]?.labelAt ?? 0) - (rows[b]?.labelAt ?? 0) || a - b);
  const state = initialState(BUDGETS);
  const decided: LedgerEntry[] = [];
  const served: Replayed['served'][number][] = [];
  let decisions = '';
  let inFlight = 0;
  let harmful = 0;
  let next = 0;
  for (const row of rows) {
    for (let entry = decided[order[next] ?? -1]; entry; entry = decided[order[next] ?? -1]) {
      if (entry.labelAt > row.submittedAt) break;
      applyEntry(state, entry, BUDGETS);
      if (entry.executed) inFlight -= 1;
      if (entry.executed && (entry.q ?? 0) >= 0.5 !== entry.longWait) harmful += 1;
      next += 1;
    }
    const q = serve(state, { p: row.p, waitSeconds: row.predicted }).q ?? Number.NaN;
    const letter = coreRules(state, q, inFlight, row.submittedAt);
    decisions += letter;
    if (letter === 'A') inFlight += 1;
    served.push({ at: row.submittedAt, p: row.p, q, predicted: row.predicted });
    decided.push(entryOf({ ...row.outcome, p: row.p, q, executed: letter === 'A' }));
  }
  return { decisions, served, harmful, executed: [...decisions].filter((letter) => letter === 'A').length };
}

function rowsOf(file: string) {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [submitted, , , jobId = '', p, predicted, actual, long, label] = line.split(',');
    const [submittedAt, labelAt, predictedWaitSeconds] = [Number(submitted), Number(label), Number(predicted)];
    const outcome = {
      jobId,
      submittedAt,
      labelAt,
      longWait: long === '1',
      predictedWaitSeconds,
      waitSeconds: Number(actual),
    };
    return { submittedAt, labelAt, p: Number(p), predicted: predictedWaitSeconds, outcome };
  });
}
