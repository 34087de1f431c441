import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { tokensAt } from '../../functions/domain/calibration/tokens.ts';
import type { Judgement } from '../../functions/domain/rule.ts';
import type { Row } from './csv/row.ts';
import type { Facts } from './rules.ts';

const FLUSH_AT = 256 * 1024;
const HEADER = 'stream,job_id,scope,reason,q,upper_s,tokens,in_flight\n';

/**
 * One line per job: what was decided, why (the code of the first reason; empty where nothing held the agent back), the
 * served probability, the one-sided 90 % bound on the wait in seconds, and the harm tokens and places in flight of its kind
 * as the gate saw them, before this job took one.
 */
export class DecisionFile {
  private readonly file: number;
  private text = HEADER;
  private written = 0;

  /** @throws whatever the file system says: nothing is replayed for a file that cannot be written */
  constructor(path: string) {
    this.file = openSync(path, 'w');
  }

  add(stream: string, row: Row, facts: Facts, { scope, reason }: Judgement, upper90Seconds: number): void {
    const { kind } = facts.proposal;
    const tokens = tokensAt(facts.state, kind, facts.config.budgets, facts.nowSeconds);
    const upper = Number.isNaN(upper90Seconds) ? '' : upper90Seconds.toFixed(3);
    const q = facts.q === null ? '' : facts.q.toFixed(9);
    const numbers = `${q},${upper},${tokens.toFixed(4)},${facts.inFlight[kind]}`;
    this.text += `${stream},${quoted(row.jobId())},${scope},${reason ?? ''},${numbers}\n`;
    if (this.text.length >= FLUSH_AT) this.flush();
  }

  /** Where to go back to when a file has to be read again. */
  mark(): number {
    this.flush();
    return this.written;
  }

  backTo(mark: number): void {
    this.text = '';
    ftruncateSync(this.file, mark);
    this.written = mark;
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private flush(): void {
    const bytes = Buffer.from(this.text);
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(this.file, bytes, at, bytes.length - at, this.written + at);
    }
    this.written += bytes.length;
    this.text = '';
  }
}

/** As CSV wants it: in quotes where it has a delimiter, a quote or a line break. */
export function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
