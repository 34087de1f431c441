import { BASIS_MEANS, BASIS_WORDS, INTERVAL, interval, testedInWords } from '../../../functions/domain/figure-words.ts';
import type { TierView } from '../views.ts';
import { share, tokens } from './format.ts';

/** Each tier: earned or how far from it, its tokens, what it did, right beside its promise, reached beside chance. */
export function Tiers({ tiers }: { tiers: TierView[] }) {
  return (
    <ol class="tiers">
      {tiers.map((tier) => (
        <Tier key={tier.tier} tier={tier} />
      ))}
    </ol>
  );
}

function Tier({ tier }: { tier: TierView }) {
  const { tier: name, configured, earned, eps, sentence, called, acted, heldOut } = tier;
  return (
    <li class={earned && configured ? 'earned' : ''}>
      <header>
        <h3>
          {name} <small>calls from {eps.toFixed(2)} on</small>
        </h3>
        <span class={`tag ${earned && configured ? 'good' : ''}`}>
          {configured ? (earned ? 'earned' : 'not earned') : 'no action configured'}
        </span>
      </header>
      {configured && (
        <>
          <p class="facts">{withoutName(sentence, name)}</p>
          <dl class="figures">
            <div>
              <dt>acted</dt>
              <dd>
                <b>{acted}</b>
                {heldOut > 0 && ` · ${heldOut} held out`} · called for by {called} {called === 1 ? 'job' : 'jobs'}
              </dd>
            </div>
            <Right tier={tier} />
            <div>
              <dt>reached</dt>
              <dd>
                <b>{share(tier.reached)}</b> of long waits, by chance {share(tier.chance)}
              </dd>
            </div>
            <Tokens {...tier.tokens} />
          </dl>
        </>
      )}
    </li>
  );
}

/** A standing's sentence begins with its tier. */
function withoutName(sentence: string, name: string): string {
  const rest = sentence.startsWith(`${name}: `) ? sentence.slice(name.length + 2) : sentence;
  return `${rest.slice(0, 1).toUpperCase()}${rest.slice(1)}`;
}

/** The share right as a mark with its interval, against the line of the promise. */
function Right({ tier: { kept } }: { tier: TierView }) {
  const { lower, upper, promise, things, basis } = kept;
  const notes = [BASIS_WORDS[basis], testedInWords(kept)].filter((note) => note !== '');
  const known = kept.share !== null && lower !== null && upper !== null;
  return (
    <div class="right-of">
      <dt>right</dt>
      <dd>
        {known ? (
          <>
            <b>{share(kept.share)}</b> of {things} <span title={`interval: ${INTERVAL}`}>({interval(kept)})</span>
          </>
        ) : (
          'nothing settled yet'
        )}
        {promise !== null && (
          <>
            , <b>{share(promise)}</b> promised
          </>
        )}
        <div class="promise" aria-hidden="true">
          {known && <i style={{ left: `${lower * 100}%`, width: `${(upper - lower) * 100}%` }} />}
          {known && <b style={{ left: `${kept.share * 100}%` }} />}
          {promise !== null && <s style={{ left: `${promise * 100}%` }} />}
        </div>
        {notes.length > 0 && <small title={BASIS_MEANS[basis]}>{notes.join(' · ')}</small>}
      </dd>
    </div>
  );
}

function Tokens({ free, reserved, cap, needed }: TierView['tokens']) {
  const width = (part: number) => `${cap > 0 ? Math.max(0, Math.min(100, (100 * part) / cap)) : 0}%`;
  return (
    <div>
      <dt>tokens</dt>
      <dd>
        <b>{tokens(free)}</b> free{reserved > 0 && `, ${tokens(reserved)} in flight`} of {tokens(cap)} at most
        {free < needed && `; ${tokens(needed)} ${needed === 1 ? 'is' : 'are'} needed`}
        <div
          class="meter"
          role="img"
          aria-label={`${tokens(free)} free and ${tokens(reserved)} in flight of ${tokens(cap)} tokens`}
        >
          <span style={{ width: width(free) }} />
          <span class="reserved" style={{ width: width(reserved) }} />
        </div>
      </dd>
    </div>
  );
}
