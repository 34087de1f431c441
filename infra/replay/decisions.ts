import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { tiersIn } from '../../functions/domain/choose-tier.ts';
import { TOKEN } from '../../functions/domain/thresholds.ts';
import type { ReplayedDecision } from './stream.ts';

const FLUSH_AT = 256 * 1024;
const HEADER = [
  'stream',
  'job_id',
  'submitted_at',
  'label_at',
  'long_wait',
  'q',
  'tier_called',
  'tier',
  'acted',
  'held_out',
  'holdout_share',
  'asked',
  'paper',
  'reason',
  'upper_s',
  'tokens_1',
  'tokens_2',
  'tokens_3',
  'tokens_4',
  'forecast',
].join(',');

/**
 * One line per round: what it called for, what was done or held out, whether somebody was asked, why not more (the code of
 * the first rule that refused the tier called for), and what the gate saw before it, so that anybody can recompute the promise
 * after every label. `paper` has a digit for each tier scored on paper for lack of tokens; times are seconds, the bound on the
 * wait is the one-sided 90 % one. A censored job has no label; `forecast` is the model that served q.
 */
export class DecisionFile {
  private readonly file: number;
  private text = `${HEADER}\n`;
  private written = 0;

  /** @throws file system errors: nothing is replayed for a file that cannot be written */
  constructor(path: string) {
    this.file = openSync(path, 'w');
  }

  add(stream: string, { row, state, q, called, chosen, asked, by, upper90Seconds }: ReplayedDecision): void {
    const { tier, heldOut, share, paper, reason } = chosen;
    const acted = tier > 0 && !heldOut;
    const label = row.censored ? ',' : `${row.labelAt},${bit(row.longWait)}`;
    const job = `${stream},${quoted(row.jobId())},${row.submittedAt},${label}`;
    const done = `${called},${tier},${bit(acted)},${bit(heldOut)},${Number.isNaN(share) ? '' : share},${bit(asked)}`;
    const why = `${tiersIn(paper).join('')},${tier < called ? (reason ?? '') : ''}`;
    const upper = Number.isNaN(upper90Seconds) ? '' : upper90Seconds.toFixed(3);
    const tokens = state.tiers.map((one) => (one.tokens / TOKEN).toFixed(4)).join(',');
    this.text += `${job},${Number.isNaN(q) ? '' : q.toFixed(9)},${done},${why},${upper},${tokens},${by ?? ''}\n`;
    if (this.text.length >= FLUSH_AT) this.flush();
  }

  /** The position to return to when a file has to be read again. */
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

function bit(yes: boolean): 0 | 1 {
  return yes ? 1 : 0;
}

/** A CSV field: quoted if it contains a delimiter, a quote or a line break. */
export function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
