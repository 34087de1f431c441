import type { Row } from './row.ts';

/**
 * How a job without a start left its queue: it is still waiting at the end of the file; was cancelled; ended without ever
 * starting; or ran from a time that the file does not give.
 */
export type Departure = 'waiting' | 'cancelled' | 'ended' | 'ran';

/**
 * Labels a row by DESIGN.md section 5, in hindsight. Started by submit + T: short, known at the start. Not started by then:
 * long, known at submit + T. Cancelled before either: censored. Ended without a start by submit + T: short. A job that ran and
 * ended later may have started at any time: censored, as is one still waiting when the file ends before submit + T.
 *
 * @param longWaitSeconds T
 * @param endOfFile the latest time that the file has information about
 */
export function labelRow(row: Row, departure: Departure, longWaitSeconds: number, endOfFile: number): void {
  const { submittedAt, leftAt, waitSeconds } = row;
  const deadline = submittedAt + longWaitSeconds;
  if (row.started) tell(row, waitSeconds > longWaitSeconds, submittedAt + Math.min(waitSeconds, longWaitSeconds));
  else if (departure === 'waiting') {
    if (endOfFile >= deadline) tell(row, true, deadline);
    else censor(row, Number.NaN);
  } else if (departure === 'cancelled') {
    if (leftAt < deadline) censor(row, leftAt);
    else tell(row, true, deadline);
  } else if (leftAt <= deadline) tell(row, false, leftAt);
  else if (departure === 'ended') tell(row, true, deadline);
  else censor(row, leftAt);
}

function tell(row: Row, longWait: boolean, at: number): void {
  row.censored = false;
  row.longWait = longWait;
  row.labelAt = at;
}

function censor(row: Row, at: number): void {
  row.censored = true;
  row.longWait = false;
  row.labelAt = at;
}
