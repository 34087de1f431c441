import type { RefitView } from '../views.ts';
import { ece, instant } from './format.ts';

const WORDS: Record<string, string> = {
  promoted: 'active, still compared with the forecast before it',
  held: 'active, proven on its own outcomes',
  restored: 'active: the earlier forecast, restored',
  rolledBack: 'rolled back: it turned out worse',
  rejected: 'tried and rejected',
};

/** The active refit and the newest attempt at another, each with its proof. */
export function Refits({ refits, epoch }: { refits: RefitView[]; epoch: number }) {
  if (refits.length === 0 && epoch === 0) return null;
  const known = refits.some((refit) => refit.epoch === epoch && refit.status !== 'rejected');
  return (
    <>
      <h3>Refits of the forecast</h3>
      {epoch === 0 && <p class="facts">None is in force: the forecast is as it has learned by itself.</p>}
      {epoch > 0 && !known && (
        <p class="facts">
          Epoch {epoch} began with a calibration map of an earlier version, which is no longer in force: the forecast is
          as it has learned by itself.
        </p>
      )}
      {refits.map((refit) => (
        <p key={refit.epoch} class="facts">
          <b>
            Refit {refit.epoch} {WORDS[refit.status]}
          </b>{' '}
          ({instant(refit.at)})
          {refit.proof !== null && (
            <>
              <br />
              {proofInWords(refit.proof)}
            </>
          )}
          {refit.watched !== null && (
            <>
              <br />
              {watchedInWords(refit.watched)}
            </>
          )}
          <br />
          {refit.reason}
        </p>
      ))}
    </>
  );
}

type Proof = NonNullable<RefitView['proof']>;

const interval = ({ ece: value, lower, upper }: Proof['before']) => `${ece(value)} [${ece(lower)}, ${ece(upper)}]`;

/** What was served beside what the refit would have served. An ECE means little without that of a perfect model. */
export function proofInWords({ n, fitted, before, after }: Proof): string {
  const shown = `ECE ${interval(before)} → ${interval(after)}, log loss ${before.loss.toFixed(3)} → ${after.loss.toFixed(3)}`;
  return `Fitted on ${fitted} rounds, on ${n} outcomes of later ones: ${shown}; a perfect model would show ECE ${ece(after.nullMean)}.`;
}

function watchedInWords({ n, gain, se }: NonNullable<RefitView['watched']>): string {
  if (gain === null || se === null)
    return `After ${n} outcomes of its own: too few, or over too short a time, to tell.`;
  const compared = `${Math.abs(gain).toFixed(3)} ± ${se.toFixed(3)} ${gain > 0 ? 'lower' : 'higher'}`;
  return `After ${n} outcomes of its own: the log loss of the forecast before it would have been ${compared}.`;
}
