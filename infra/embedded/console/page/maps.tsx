import type { MapView } from '../views.ts';
import { ece, instant } from './format.ts';

const WORDS: Record<string, string> = {
  promoted: 'in force, still compared with the one before',
  held: 'in force, proven on outcomes of its own',
  restored: 'in force: the one before, restored',
  rolledBack: 'rolled back: it turned out worse',
  rejected: 'tried and rejected',
};

/** The calibration map in force and the newest attempt at another, each with its proof. */
export function Maps({ maps, epoch }: { maps: MapView[]; epoch: number }) {
  if (maps.length === 0) return null;
  return (
    <>
      <h3>Calibration map</h3>
      {!maps.some((map) => map.epoch === epoch) && (
        <p class="facts">None of our own is in force: VGAC's probabilities are served through the experts alone.</p>
      )}
      {maps.map((map) => (
        <p key={map.epoch} class="facts">
          <b>
            Map {map.epoch} {WORDS[map.status]}
          </b>{' '}
          ({instant(map.at)})
          {map.proof !== null && (
            <>
              <br />
              {proofInWords(map.proof)}
            </>
          )}
          {map.watched !== null && (
            <>
              <br />
              {watchedInWords(map.watched)}
            </>
          )}
          <br />
          {map.reason}
        </p>
      ))}
    </>
  );
}

type Proof = NonNullable<MapView['proof']>;

const interval = ({ ece: value, lower, upper }: Proof['before']) => `${ece(value)} [${ece(lower)}, ${ece(upper)}]`;

/** Before and after on labels that the map had not seen; without what a perfect model shows an ECE says little. */
export function proofInWords({ n, fitted, before, after }: Proof): string {
  const shown = `ECE ${interval(before)} → ${interval(after)}, log loss ${before.loss.toFixed(3)} → ${after.loss.toFixed(3)}`;
  return `Fitted on ${fitted} outcomes, on ${n} later ones: ${shown}; a perfect model would show ECE ${ece(after.nullMean)}.`;
}

function watchedInWords({ n, gain, se }: NonNullable<MapView['watched']>): string {
  const compared = `${Math.abs(gain).toFixed(3)} ± ${se.toFixed(3)} ${gain > 0 ? 'lower' : 'higher'}`;
  return `After ${n} outcomes of its own: the log loss of the one before would have been ${compared}.`;
}
