import type { Row } from './row.ts';
import type { Times } from './times.ts';

/** A record that is not a job of its own: not a fault, but reported with its count. */
export class LeftOut {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

export const LEFT_OUT = {
  /** Blank or comment: not worth reporting. */
  comment: new LeftOut(''),
  step: new LeftOut('steps of jobs (123.batch) are left out: their job stands for them'),
  revoked: new LeftOut('jobs ran on another cluster of the federation (REVOKED) and are left out'),
  header: new LeftOut('repeated headers are left out'),
  otherHeader: new LeftOut('headers name other columns than the first: the rows below them are read accordingly'),
  partial: new LeftOut('partial executions of jobs (status 2 to 4) are left out: the line of the job stands for them'),
  node: new LeftOut('nodes of multi-node jobs are left out: their job stands for them'),
  array: new LeftOut('array jobs without a start of their own are left out: their children stand for them'),
} as const;

/** The result of a record: null if it filled the row, otherwise its fault, or why it was left out. */
export type Reading = string | LeftOut | null;

/** Fills one row from each record in turn. */
export interface RecordReader {
  readonly row: Row;
  /** The bytes are valid only during the call. @throws WholeFileNeeded */
  read(bytes: Buffer, from: number, to: number, line: number): Reading;
  /** The file will be read again in the order of submission; until then labels may be wrong. */
  lookAhead(): void;
}

/** Labelling a job that is still waiting needs the end of the file, which therefore has to be read twice. */
export class WholeFileNeeded extends Error {
  override readonly name = 'WholeFileNeeded' as const;
}

/** The latest time that a file has information about. */
export class EndOfFile {
  at = Number.NEGATIVE_INFINITY;
  private isAllowed = false;

  allow(): void {
    this.isAllowed = true;
  }

  see(seconds: number): void {
    if (seconds > this.at) this.at = seconds;
  }

  /** @throws WholeFileNeeded */
  need(): number {
    if (!this.isAllowed) throw new WholeFileNeeded('a job waits at the end of the file');
    return this.at;
  }
}

/** What the jobs of one file are read with. */
export interface Reads {
  /** T. */
  readonly longWaitSeconds: number;
  readonly end: EndOfFile;
  readonly times: Times;
}
