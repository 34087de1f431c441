import Table from 'cli-table3';
import pc from 'picocolors';
import {
  BASIS_WORDS,
  INTERVAL,
  interval,
  NOT_TESTED,
  PART_WORDS,
  percent,
} from '../../../functions/domain/figure-words.ts';
import type { TierName } from '../../../schemas/primitives.ts';
import { closingSentences, servedSentence } from './closing-words.ts';
import { evidenceText, type Standing } from './evidence-text.ts';
import { joined, widthOf, wrapped } from './status-line.ts';
import type { Counts, Summary, TierCounts } from './summary.ts';

/** `listed` is its name in a list, where the row above does not say what it is about. */
type Row = readonly [label: string, cell: (counts: Counts) => string, listed?: string];

const numbers = (...of: ((counts: Counts) => number)[]) => {
  return (counts: Counts): string => of.map((each) => each(counts).toLocaleString('en')).join(', ');
};

const BEFORE: readonly Row[] = [
  ['jobs', numbers((c) => c.jobs)],
  [
    '  twice, refused, dead',
    numbers(
      (c) => c.duplicates,
      (c) => c.quarantined,
      (c) => c.deadLettered,
    ),
  ],
  [PART_WORDS.nothingNeeded, numbers((c) => c.nothingNeeded)],
  [PART_WORDS.acted, numbers((c) => c.acted)],
];

const AFTER: readonly Row[] = [
  [PART_WORDS.heldOut, numbers((c) => c.heldOut)],
  [
    'asked, and beside acts',
    numbers(
      (c) => c.asked,
      (c) => c.alsoAsked,
    ),
  ],
  [PART_WORDS.withheld, numbers((c) => c.withheld)],
  [
    'late, failed, undecided',
    numbers(
      (c) => c.late,
      (c) => c.failed,
      (c) => c.undecided,
    ),
  ],
  ['calls', numbers((c) => c.calls)],
  ['  acted on', ({ acted, calls }) => (calls === 0 ? '–' : percent(acted / calls))],
  ['long waits', numbers((c) => c.longWaits)],
  ['  reached, by chance', ({ reached, chance }) => `${percent(reached)}, ${percent(chance)}`],
  ['questions', numbers((c) => c.approvals)],
  [
    '  approved, denied',
    numbers(
      (c) => c.approved,
      (c) => c.denied,
    ),
  ],
  [
    '  expired, void, open',
    numbers(
      (c) => c.expired,
      (c) => c.void,
      (c) => c.openApprovals,
    ),
  ],
  ['served by queue alone', numbers((c) => c.servedBy.queue.jobs)],
  ['  of the acts', numbers((c) => c.servedBy.queue.acted), 'acts by the queue alone'],
  ['served with VGAC too', numbers((c) => c.servedBy.queueAndVgac.jobs)],
  ['  of the acts', numbers((c) => c.servedBy.queueAndVgac.acted), 'acts with VGAC too'],
  [
    'outcomes, folded',
    numbers(
      (c) => c.outcomes,
      (c) => c.folded,
    ),
  ],
];

/** What each tier did, as far as any did something. */
function tierRows(total: Counts): Row[] {
  return total.byTier.filter(didSomething).flatMap(({ tier, estimate }) => {
    const of = (show: (counts: TierCounts) => string) => (counts: Counts) => ofTier(counts, tier, show);
    const right = estimate ? `right (${BASIS_WORDS.estimate})` : 'right';
    const rows: [label: string, show: (tier: TierCounts) => string][] = [
      [right, ({ share, things }) => (share === null ? '–' : `${percent(share)} of ${things}`)],
      ['90 % interval', interval],
      ['promised', ({ promise, tested }) => `${percent(promise)}${tested ? '' : '*'}`],
    ];
    const acted: Row = [`  ${tier}`, of((counts) => counts.acted.toLocaleString('en')), `acted by ${tier}`];
    return [acted, ...rows.map(([label, show]): Row => [`    ${label}`, of(show), `${tier} ${label}`])];
  });
}

function didSomething({ acted, heldOut, things }: TierCounts): boolean {
  return acted + heldOut + things > 0;
}

function ofTier(counts: Counts, name: TierName, show: (tier: TierCounts) => string): string {
  const tier = counts.byTier.find((each) => each.tier === name);
  return tier === undefined ? '–' : show(tier);
}

/**
 * The end of a run for people: the table, each cluster's evidence, who served it, and what it comes to in three sentences.
 *
 * @param standings of each cluster at its last decision
 * @param columns of the terminal: a table that is wider becomes a list for each cluster; undefined where there is none
 */
export function renderSummary(
  summary: Summary,
  standings: ReadonlyMap<string, Standing & { dryRun: boolean }>,
  columns?: number,
): string {
  const clusters = Object.entries(summary.clusters);
  const shown = clusters.length === 1 ? clusters : [...clusters, ['total', summary.total] as const];
  const rows = [...BEFORE, ...tierRows(summary.total), ...AFTER];
  const table = tableOf(rows, shown);
  const fits = columns === undefined || table.split('\n').every((line) => widthOf(line) <= columns);
  const evidence = clusters.flatMap(([name]) => {
    const standing = standings.get(name);
    if (standing === undefined) return [];
    const score = `score ${standing.score === null ? '–' : standing.score.toFixed(2)}`;
    return wrapped(`${pc.bold(name)}: ${score}, ${evidenceText(standing)}`, columns);
  });
  const untested = shown.some(([, counts]) => counts.byTier.some((tier) => didSomething(tier) && !tier.tested));
  const dryRun = standings.size > 0 && [...standings.values()].every((standing) => standing.dryRun);
  const served = clusters.flatMap(([name, counts]) => servedSentence(name, counts) ?? []);
  const sentences = [...served, ...closingSentences(summary.total, dryRun)];
  const notes = [`intervals are ${INTERVAL}`, ...(untested ? [`* ${NOT_TESTED}`] : [])];
  return [
    ...(fits ? [table] : shown.flatMap(([name, counts]) => listOf(rows, name, counts, columns))),
    ...joined(notes, columns, '; ').map((line) => pc.dim(line)),
    ...evidence,
    '',
    ...sentences.flatMap((sentence) => wrapped(sentence, columns, '')),
  ].join('\n');
}

function tableOf(rows: readonly Row[], shown: readonly (readonly [string, Counts])[]): string {
  const table = new Table({
    head: ['', ...shown.map(([name]) => name)].map((name) => pc.bold(name)),
    colAligns: ['left', ...shown.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const [label, cell] of rows) table.push([label, ...shown.map(([, counts]) => cell(counts))]);
  return table.toString();
}

function listOf(rows: readonly Row[], name: string, counts: Counts, columns: number | undefined): string[] {
  const parts = rows.map(([label, cell, listed]) => `${listed ?? label.trim()}: ${cell(counts)}`);
  return [...wrapped(pc.bold(name), columns), ...joined(parts, columns)];
}
