import { PART_WORDS, reachedInWords, shareOf } from '../../../functions/domain/figure-words.ts';
import type { Figures, Part } from '../../../functions/domain/figures.ts';
import type { ClusterView } from '../views.ts';
import { share } from './format.ts';

/** What became of jobs, in parts that add up to them: those that there are, as wide as they are many. */
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

/** How many of the calls were acted on, and how many of the long waits that reached. */
export function whatCameOfCalls({ byTier, parts, alsoAsked }: Figures, reached: ClusterView['reached']): string {
  const calls = byTier.reduce((sum, { called }) => sum + called, 0);
  if (calls === 0) return 'No job has called for anything yet.';
  const besides = alsoAsked > 0 ? `, and asked about ${alsoAsked} of those besides` : '';
  const acted = `Acted on ${share(shareOf(parts.acted, calls))} of ${calls.toLocaleString('en')} calls${besides}.`;
  const words = reachedInWords(reached).replaceAll(' %', '\u00a0%');
  return `${acted} ${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

/** In the order of the words. */
function partNames(): Part[] {
  return Object.keys(PART_WORDS).filter((name): name is Part => name in PART_WORDS);
}
