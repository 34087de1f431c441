import Table from 'cli-table3';
import colors from 'picocolors';
import type { Scores } from '../tally.ts';
import type { RuleOutcome, StreamReport } from './result.ts';

const TIERS = ['nothing', 'annotate', 'warn', 'suggest', 'gate'];
const STRIP = 60;
const EPOCHS_SHOWN = 8;
/** No lines between rows, no colours of the library's own. */
const PLAIN = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};

/** Everything about one stream, for a terminal. */
export function streamTable(report: StreamReport): string {
  const table = new Table({ ...PLAIN, colWidths: [24, 92], wordWrap: true });
  for (const [name, value] of rowsOf(report)) table.push([name, value]);
  const tables = [`${colors.bold(report.name)}  ${colors.dim(spanOf(report))}`, table.toString()];
  if (report.compare !== null) tables.push(compareTable(report.compare));
  return tables.join('\n');
}

/** All streams of a run in one table, a line each. */
export function summaryTable(reports: readonly StreamReport[]): string {
  const right = 'right' as const;
  const table = new Table({
    ...PLAIN,
    head: [
      'stream',
      'jobs',
      'coverage',
      'harmful',
      'worst 500',
      'ECE raw',
      'served',
      '90 % bound',
      'asked/day',
      'jobs/s',
    ],
    colAligns: ['left', right, right, right, right, right, right, right, right, right],
  });
  for (const report of reports) {
    table.push([
      report.name,
      count(report.jobs),
      percent(report.coverage),
      percent(report.harmRate, 2),
      percent(report.worst500),
      decimals(report.ece.raw),
      decimals(report.ece.served),
      percent(report.upper90Coverage),
      perDay(report.askedPerDay),
      report.jobsPerSecond === null ? '-' : count(report.jobsPerSecond),
    ]);
  }
  return table.toString();
}

function rowsOf(report: StreamReport): [string, string][] {
  const { ece, bound, alarms } = report;
  const kept = report.boundViolations === 0 ? colors.green('kept') : colors.red(`${report.boundViolations} violations`);
  const heldOut = report.holdouts > 0 ? `, ${count(report.holdouts)} held out` : '';
  const parts = `autonomous ${count(report.autonomous)}, notify ${count(report.notify)}, escalated ${count(report.escalate)}`;
  return [
    ['jobs', count(report.jobs)],
    ['coverage', `${percent(report.coverage)} executed: ${parts}${heldOut}`],
    [
      'harmful',
      `${count(report.harmful)}, ${percent(report.harmRate, 2)} of executed; worst 500 in a row ${percent(report.worst500)}`,
    ],
    [
      'harms against bound',
      `statements ${boundOf(bound.statement)}; interventions ${boundOf(bound.intervention)}; ${kept}`,
    ],
    [
      'ECE',
      `raw ${decimals(ece.raw)}, served ${decimals(ece.served)} over ${count(ece.n)}; a perfect model would show ${decimals(ece.null)}`,
    ],
    ['scores', `${scoresOf('raw', report.scores.raw)}\n${scoresOf('served', report.scores.served)}`],
    ['tier', `${tierStrip(report)}\n${tiersOf(report)}`],
    ['drift alarms', `raw p ${alarms.raw}${firstAlarm(report)}, served q ${alarms.served}; harm ${alarms.harm}`],
    ...(report.recalibration === null ? [] : [recalibrationRow(report.recalibration)]),
    [
      'intervals',
      `one-sided 90 % bound holds ${percent(report.upper90Coverage)}, two-sided 90 % ${percent(report.interval90Coverage)}`,
    ],
    ['asks a human', asksOf(report)],
    ['cost in coverage', costsOf(report)],
  ];
}

/** The other definitions, a line for each kind of probability. */
function scoresOf(kind: string, scores: Scores): string {
  const { mce, brier, reliability, resolution, uncertainty, withinBin, tailGap, auroc, auprc } = scores;
  const within =
    withinBin === null || !decimals(withinBin).startsWith('-')
      ? `+ ${decimals(withinBin)}`
      : `- ${decimals(-withinBin)}`;
  const parts = `rel ${decimals(reliability)} - res ${decimals(resolution)} + unc ${decimals(uncertainty)} ${within} within bins`;
  return `${kind} MCE ${decimals(mce)}, tail gap ${decimals(tailGap)}, AUROC ${decimals(auroc)}, AUPRC ${decimals(auprc)}\n  Brier ${decimals(brier)} = ${parts}`;
}

function compareTable(outcomes: readonly RuleOutcome[]): string {
  const table = new Table({
    ...PLAIN,
    head: ['rule', 'coverage', 'harmful', 'worst 500', 'asks/day', 'false alarms per 10,000 calibrated jobs'],
  });
  for (const { rule, coverage, harmRate, worst500, askedPerDay, falseAlarms } of outcomes) {
    const alarms = falseAlarms === null ? '-' : falseAlarms.toFixed(1);
    table.push([rule, percent(coverage), percent(harmRate, 2), percent(worst500), perDay(askedPerDay), alarms]);
  }
  return table.toString();
}

/** The tier over time, a digit for each sixtieth of the jobs. */
function tierStrip({ timeline }: StreamReport): string {
  const cells = Math.min(STRIP, timeline.length);
  return Array.from({ length: cells }, (_, i) => timeline[Math.floor((i * timeline.length) / cells)]?.tier ?? 0).join(
    '',
  );
}

function tiersOf({ tiers, tierFirstEarned }: StreamReport): string {
  const earned = tierFirstEarned.map(
    (jobs, i) => `${TIERS[i + 1]} ${jobs === null ? 'never' : `after ${count(jobs)}`}`,
  );
  const done = tiers
    .map(({ executed, proposed, harmful }, tier) =>
      proposed === 0 ? '' : `${TIERS[tier]} ${count(executed)} of ${count(proposed)} (${harmful} harmful)`,
    )
    .filter((text) => text !== '');
  const kind = (from: number, to: number): string => {
    const ofKind = tiers.slice(from, to);
    const sum = (key: 'proposed' | 'executed' | 'harmful'): number =>
      ofKind.reduce((total, one) => total + one[key], 0);
    return `${count(sum('executed'))} of ${count(sum('proposed'))} (${sum('harmful')} harmful)`;
  };
  const kinds = `statements ${kind(0, 3)}, interventions ${kind(3, 5)}`;
  return `earned: ${earned.join(', ')}\nexecuted: ${kinds}; ${done.join(', ') || 'none'}`;
}

function recalibrationRow({
  promoted,
  rolledBack,
  epochs,
}: NonNullable<StreamReport['recalibration']>): [string, string] {
  const when = epochs
    .slice(0, EPOCHS_SHOWN)
    .map(({ afterJobs, cause }) => `${cause === 'promoted' ? '' : 'back '}${count(afterJobs)}`);
  const after =
    when.length === 0 ? '' : ` (after jobs ${when.join('; ')}${epochs.length > when.length ? '; ...' : ''})`;
  return ['recalibration', `${promoted} maps promoted, ${rolledBack} rolled back${after}`];
}

/** What each rule costs: the share of jobs that it was the first to hold back. */
function costsOf({ coverageLost }: StreamReport): string {
  return (
    Object.entries(coverageLost)
      .map(([code, lost]) => `${code} ${percent(lost)}`)
      .join(', ') || 'nothing'
  );
}

function boundOf({ harms, allowed }: StreamReport['bound']['statement']): string {
  return `${harms} of at most ${allowed.toFixed(1)}`;
}

function firstAlarm({ driftAlarmJobs: [first] }: StreamReport): string {
  return first === undefined ? '' : ` (first after ${count(first)} jobs)`;
}

function asksOf(report: StreamReport): string {
  if (report.askedPerDay === null) return 'less than an hour of history says nothing about a day';
  return `would have asked a human ${perDay(report.askedPerDay)} times a day${withheld(report)}`;
}

function withheld({ withheldPerDay }: StreamReport): string {
  return withheldPerDay === null || withheldPerDay === 0 ? '' : `; ${perDay(withheldPerDay)} statements a day withheld`;
}

function spanOf({ firstSubmittedAt, lastSubmittedAt, days }: StreamReport): string {
  if (firstSubmittedAt === null || lastSubmittedAt === null) return 'no jobs';
  return `${day(firstSubmittedAt)} to ${day(lastSubmittedAt)}, ${days.toFixed(1)} days`;
}

/** A day in UTC; what is no date of a calendar stays a number. */
export function day(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 10);
}

/** Month, day and minute in UTC, where the year is told elsewhere. */
export function minute(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(5, 16).replace('T', ' ');
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function percent(value: number | null, digits = 1): string {
  return value === null ? '-' : `${(100 * value).toFixed(digits)} %`;
}

export function decimals(value: number | null): string {
  return value === null ? '-' : value.toFixed(4).replace(/^-(0\.0+)$/, '$1');
}

export function perDay(value: number | null): string {
  return value === null ? '-' : value.toFixed(value < 10 ? 1 : 0);
}
