import { PART_WORDS, reachedInWords, shareOf } from '../../../functions/domain/figure-words.ts';
import type { Figures, Part } from '../../../functions/domain/figures.ts';
import type { ClusterView } from '../views.ts';
import { share } from './format.ts';

/** What happened to jobs, in parts that add up to them: each non-empty part in proportion to its count. */
export function Parts({ figures: { parts, jobs } }: { figures: Figures }) {
  const shown = partNames().filter((part) => parts[part] > 0);
  if (shown.length === 0) return <p class="facts">No job has come yet.</p>;
  return (
    <div class="parts">
      <div class="bar" aria-hidden="true">
        {shown.map((part) => (
          <span key={part} class={part} style={{ flexGrow: parts[part] / jobs }} />
        ))}
      </div>
      <ul>
        {shown.map((part) => (
          <li key={part}>
            <i class={part} aria-hidden="true" />
            {PART_WORDS[part]} <b>{parts[part].toLocaleString('en')}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** How many of the calls were acted on, and how many of the long waits were reached by that. */
export function whatCameOfCalls({ byTier, parts, alsoAsked }: Figures, reached: ClusterView['reached']): string {
  const calls = byTier.reduce((sum, { called }) => sum + called, 0);
  if (calls === 0) return 'No job has called for an action yet.';
  const besides = alsoAsked > 0 ? `, and also asked about ${alsoAsked} of those` : '';
  const acted = `Acted on ${share(shareOf(parts.acted, calls))} of ${calls.toLocaleString('en')} calls${besides}.`;
  const words = reachedInWords(reached).replaceAll(' %', '\u00a0%');
  return `${acted} ${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

/** In the order of PART_WORDS. */
function partNames(): Part[] {
  return Object.keys(PART_WORDS).filter((name): name is Part => name in PART_WORDS);
}
