import { NOT_TESTED, percent } from '../../../functions/domain/figure-words.ts';
import type { TierName } from '../../../schemas/primitives.ts';
import type { Counts, TierCounts } from './summary.ts';

/** What each tier does to jobs; the words stand after "would have" as well. */
const DEEDS: Readonly<Record<TierName, string>> = {
  annotate: 'annotated',
  warn: 'warned about',
  suggest: 'moved',
  gate: 'held',
};

const THINGS: Readonly<Record<TierName, readonly [one: string, more: string]>> = {
  annotate: ['annotation', 'annotations'],
  warn: ['warning', 'warnings'],
  suggest: ['move', 'moves'],
  gate: ['hold', 'holds'],
};

/**
 * A run in three sentences: what was done, what of it was right, what people were spared by it.
 *
 * @param dryRun nothing was touched, and everything "would have" been done
 */
export function closingSentences(total: Counts, dryRun: boolean): [did: string, right: string, spared: string] {
  return [didSentence(total, dryRun), rightSentence(total, dryRun), sparedSentence(total, dryRun)];
}

/** Whether VGAC or the queue's own model carried what was done in a cluster; null where no job was admitted. */
export function servedSentence(
  name: string,
  { servedBy, admitted, acted }: Pick<Counts, 'servedBy' | 'admitted' | 'acted'>,
): string | null {
  if (admitted === 0) return null;
  const { queueAndVgac, none } = servedBy;
  if (none.jobs === admitted) return `${name} was served no probability.`;
  const nobody = none.jobs === 0 ? '' : `; ${jobs(none.jobs)} got no probability`;
  const acts = `${number(acted)} ${acted === 1 ? 'act' : 'acts'}`;
  const own = `${name} was served by the queue's own model`;
  if (queueAndVgac.jobs === 0) {
    return `${own} alone, without VGAC: ${acted === 0 ? '' : `${acts} and `}${jobs(admitted - none.jobs)}${nobody}.`;
  }
  const did = acted === 0 ? '' : `${number(queueAndVgac.acted)} of ${acts} and `;
  return `${own}, with VGAC's probability in it for ${did}${number(queueAndVgac.jobs)} of ${jobs(admitted)}${nobody}.`;
}

function didSentence({ admitted, calls, acted, heldOut, asked, alsoAsked, byTier }: Counts, dryRun: boolean): string {
  if (calls === 0) return `None of ${jobs(admitted)} called for anything, so nothing was done.`;
  const tiers = byTier.filter((tier) => tier.acted > 0).map((tier) => `${DEEDS[tier.tier]} ${number(tier.acted)}`);
  const nothing = `${dryRun ? 'done' : 'did'} nothing about them on its own`;
  const questions = asked + alsoAsked;
  const did = [
    tiers.length === 0 ? nothing : `${listed(tiers)} of them on its own (${percent(acted / calls)})`,
    ...(heldOut > 0 ? [`left out ${number(heldOut)} on purpose`] : []),
    ...(questions > 0 ? [`asked a human about ${number(questions)}`] : []),
  ];
  const agent = `the agent ${dryRun ? 'would have ' : ''}${listed(did)}`;
  return `Of ${jobs(admitted)} ${number(calls)} called for something: ${agent}.`;
}

function rightSentence({ byTier, acted }: Counts, dryRun: boolean): string {
  const known = byTier.filter(({ share }) => share !== null);
  if (known.length === 0) {
    return acted === 0 ? 'So there is nothing to be right or wrong about.' : 'What came of it is not known yet.';
  }
  return `It ${dryRun ? 'would have been' : 'was'} right about ${listed(known.map(rightOfTier))}.`;
}

function rightOfTier({ tier, share, things, acted, promise, tested, estimate }: TierCounts): string {
  const [one, more] = THINGS[tier];
  const notes = [
    ...(promise === null ? [] : [`${percent(promise)} promised`]),
    ...(estimate ? [`estimated by ${number(things)}`] : []),
    ...(tested ? [] : [NOT_TESTED]),
  ];
  // What an estimate is about are the things that were done, not the hold-outs that it is made from.
  const about = estimate ? acted : things;
  const said = `${percent(share)} of ${number(about)} ${about === 1 ? one : more}`;
  return notes.length === 0 ? said : `${said} (${notes.join(', ')})`;
}

function sparedSentence({ reached, longWaits, chance }: Counts, dryRun: boolean): string {
  if (longWaits === 0 || reached === null) return 'No job waited long, so there was nothing to spare anybody.';
  const spared = `People ${dryRun ? 'would have been' : 'were'} spared`;
  const many = `${number(Math.round(reached * longWaits))} of ${number(longWaits)} long waits as a surprise`;
  return `${spared} ${many} (${percent(reached)}; as many acts thrown at random would have reached ${percent(chance)}).`;
}

function jobs(count: number): string {
  return `${number(count)} ${count === 1 ? 'job' : 'jobs'}`;
}

function number(count: number): string {
  return count.toLocaleString('en');
}

/** "a, b and c". */
function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}
