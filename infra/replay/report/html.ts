import type { Scores } from '../tally.ts';
import {
  bandChart,
  coverageChart,
  detectorChart,
  eceChart,
  harmChart,
  reliabilityChart,
  scopeChart,
  tierChart,
  tokenChart,
} from './charts.ts';
import type { FileReport, Report, RuleOutcome, StreamReport } from './result.ts';
import { STYLE } from './style.ts';
import { escaped } from './svg.ts';
import { count, day, decimals, percent, perDay } from './table.ts';

/** The whole run as one page that needs nothing else: no script, no font, no network. */
export function htmlReport(report: Report): string {
  const rules = report.rules === 'core' ? 'rules 1 to 6, every job a statement' : 'the whole gate';
  const set = Object.entries(report.set).map(([name, value]) => `${name} = ${value}`);
  const body = [
    '<h1>What the gate would have done</h1>',
    `<p>${[`Rules: ${report.rules} (${rules})`, ...set].map(escaped).join(' · ')}</p>`,
    ...report.files.map(fileNote),
    report.streams.length === 0 ? '<p>No job could be read.</p>' : '',
    report.streams.length > 1 ? summary(report.streams) : '',
    ...report.streams.map(section),
  ];
  const head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">';
  const title = `Back-test: ${report.streams.map(({ name }) => name).join(', ')}`.slice(0, 200);
  return `<!doctype html>\n<html lang="en"><head>${head}<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>${body.join('\n')}</main></body></html>\n`;
}

function section(stream: StreamReport, index: number): string {
  const { firstSubmittedAt, lastSubmittedAt } = stream;
  const span =
    firstSubmittedAt === null || lastSubmittedAt === null
      ? ''
      : `${day(firstSubmittedAt)} to ${day(lastSubmittedAt)}, `;
  return `<section id="stream-${index}"><h2>${escaped(stream.name)}</h2>
<p>${span}${count(stream.jobs)} jobs of ${escaped(stream.clusterId || 'one cluster')}</p>
${cards(stream)}
<div class="charts">${[...figures(stream), ...tables(stream)].join('\n')}</div></section>`;
}

function cards(stream: StreamReport): string {
  const { statement, intervention } = stream.bound;
  const bound =
    stream.boundViolations === 0 ? 'the bound was kept' : `${stream.boundViolations} violations of the bound`;
  const harms = `${statement.harms + intervention.harms} / ${(statement.allowed + intervention.allowed).toFixed(0)}`;
  return `<div class="cards">${[
    card(percent(stream.coverage), 'of jobs executed'),
    card(percent(stream.harmRate, 2), `of executed harmful; worst 500 ${percent(stream.worst500)}`),
    card(harms, `harms of at most so many; ${bound}`, stream.boundViolations === 0 ? 'good' : 'bad'),
    card(
      `${decimals(stream.ece.raw)} → ${decimals(stream.ece.served)}`,
      `ECE raw → served; perfect ${decimals(stream.ece.null)}, n ${count(stream.ece.n)}`,
    ),
    card(
      percent(stream.upper90Coverage),
      `of waits within the one-sided 90 % bound; ${percent(stream.interval90Coverage)} within the two-sided`,
    ),
    card(perDay(stream.askedPerDay), 'times a day a human would have been asked'),
  ].join('')}</div>`;
}

function card(value: string, says: string, className = ''): string {
  return `<div class="card"><b class="${className}">${escaped(value)}</b><span>${escaped(says)}</span></div>`;
}

function figures(stream: StreamReport): string[] {
  const { raw, served } = stream.reliability;
  const pair = `<div class="pair"><div><p>raw p, as VGAC gives it</p>${reliabilityChart('reliability of raw p', raw, 'notify')}</div><div><p>served q, as we act on it</p>${reliabilityChart('reliability of served q', served, 'autonomous')}</div></div>`;
  return [
    figure(
      'Reliability',
      'Share of jobs that waited long against what was predicted, in 15 quantile bins (equal predictions share one) with 95 % intervals. On the diagonal is calibrated; axes are square roots, for most probabilities are small. Brier = reliability - resolution + uncertainty + within bins. How well they rank (AUROC, AUPRC) is information and opens no gate.',
      pair + scores(stream.scores),
      'tall',
    ),
    figure(
      'Scope',
      keys(['autonomous', 'act alone'], ['notify', 'act and tell'], ['escalate', 'leave it to a human']),
      scopeChart(stream),
    ),
    figure('Coverage', 'Share of jobs whose decision was executed.', coverageChart(stream)),
    figure(
      'Harm',
      `Share of executed decisions that were wrong; line: the whole stream. ${keys(['dash', 'recent harm at which the gate closes'])}`,
      harmChart(stream),
    ),
    figure('Harm tokens', `The fewest in each stretch. ${keys(['dash', 'one is needed to act'])}`, tokenChart(stream)),
    figure(
      'Calibration error',
      `Debiased ECE of the last 300 labels with 90 % bounds. ${maps(stream)}${keys(['dash', 'limits of acting alone and of acting at all'], ['mark', 'another map in force'])}`,
      eceChart(stream),
    ),
    figure(
      'Drift statistics',
      `Evidence of miscalibration and of harm; an alarm starts it anew. Alarms: ${count(stream.alarms.raw)} on raw p, ${count(stream.alarms.served)} on served q, ${count(stream.alarms.harm)} of harm. ${keys(['notify', 'raw p'], ['autonomous', 'served q'], ['harm', 'harm'], ['dash', 'alarm'])}`,
      detectorChart(stream),
    ),
    figure('Tier earned', 'By the upper bound of ECE over the last 1000 labels.', tierChart(stream)),
    figure(
      'Drift band',
      'Error against the cluster’s own baseline, where the lower bound supports it.',
      bandChart(stream),
    ),
  ];
}

function maps({ recalibration }: StreamReport): string {
  if (recalibration === null) return '';
  return `Maps: ${recalibration.promoted} promoted, ${recalibration.rolledBack} rolled back. `;
}

function figure(title: string, says: string, drawing: string, className = ''): string {
  const caption = `<figcaption><h3>${title}</h3><p>${says}</p></figcaption>`;
  return `<figure class="${className}">${caption}${drawing}</figure>`;
}

function keys(...entries: readonly (readonly [className: string, says: string])[]): string {
  return entries
    .map(([className, says]) => {
      const colour =
        className === 'dash' || className === 'mark'
          ? ` class="${className}"`
          : ` style="background:var(--${className})"`;
      return `<span class="key"><i${colour}></i>${says}</span>`;
    })
    .join('');
}

function tables(stream: StreamReport): string[] {
  const reasons = Object.entries(stream.coverageLost).map(([code, lost]) => [
    code,
    count(Math.round(lost * stream.jobs)),
    percent(lost),
  ]);
  const names = ['nothing', 'annotate', 'warn', 'suggest', 'gate'];
  const tiers = stream.tiers
    .map(({ proposed, executed, harmful }, tier) => [
      names[tier] ?? '',
      count(proposed),
      count(executed),
      count(harmful),
    ])
    .filter(([, proposed]) => proposed !== '0');
  const compared = 'On raw p. False alarms are per 10,000 jobs of a perfectly calibrated model.';
  return [
    figure('Proposed tier', 'What the agent wanted to do.', table(['tier', 'proposed', 'executed', 'harmful'], tiers)),
    figure(
      'What each rule costs',
      'Jobs not executed, by the first reason.',
      table(['reason', 'jobs', 'share'], reasons),
      'wide',
    ),
    ...(stream.compare === null
      ? []
      : [figure('Simpler rules on the same jobs', compared, comparison(stream.compare), 'wide')]),
  ];
}

const SCORES: readonly (readonly [string, keyof Scores])[] = [
  ['ECE', 'ece'],
  ['ECE of a perfect model', 'null'],
  ['largest gap of a bin (MCE)', 'mce'],
  ['largest gap in the tail', 'tailGap'],
  ['Brier score', 'brier'],
  ['reliability', 'reliability'],
  ['resolution', 'resolution'],
  ['uncertainty', 'uncertainty'],
  ['within bins', 'withinBin'],
  ['AUROC', 'auroc'],
  ['AUPRC', 'auprc'],
];

function scores({ raw, served }: StreamReport['scores']): string {
  const rows = SCORES.map(([name, key]) => [name, decimals(raw[key]), decimals(served[key])]);
  return table(['', 'raw p', 'served q'], rows);
}

function comparison(outcomes: readonly RuleOutcome[]): string {
  return table(
    ['rule', 'coverage', 'harmful', 'worst 500', 'asks a day', 'false alarms'],
    outcomes.map(({ rule, coverage, harmRate, worst500, askedPerDay, falseAlarms }) => [
      rule,
      percent(coverage),
      percent(harmRate, 2),
      percent(worst500),
      perDay(askedPerDay),
      falseAlarms === null ? '-' : falseAlarms.toFixed(1),
    ]),
  );
}

function summary(streams: readonly StreamReport[]): string {
  const head = ['stream', 'jobs', 'coverage', 'harmful', 'worst 500', 'ECE raw', 'served', '90 % bound', 'asks a day'];
  const rows = streams.map((stream, i) => [
    `<a href="#stream-${i}">${escaped(stream.name)}</a>`,
    count(stream.jobs),
    percent(stream.coverage),
    percent(stream.harmRate, 2),
    percent(stream.worst500),
    decimals(stream.ece.raw),
    decimals(stream.ece.served),
    percent(stream.upper90Coverage),
    perDay(stream.askedPerDay),
  ]);
  return `<figure style="margin-top:14px">${markupTable(head, rows)}</figure>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markupTable(
    head,
    rows.map((row) => row.map(escaped)),
  );
}

function markupTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const heads = head.map((cell) => `<th>${escaped(cell)}</th>`).join('');
  const lines = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return `<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}

function fileNote({ path, failure, notes: assumed, skippedRows }: FileReport): string {
  const skipped = skippedRows === 0 ? [] : [`${count(skippedRows)} rows could not be read and were skipped`];
  const notes = [...(failure === null ? [] : [failure]), ...assumed, ...skipped];
  return notes.length === 0 ? '' : `<p class="bad">${escaped(`${path}: ${notes.join('; ')}`)}</p>`;
}
