import type { Numbers } from '../../../functions/domain/thresholds.ts';
import type { Scores } from '../tally.ts';
import {
  bandChart,
  callsChart,
  detectorChart,
  eceChart,
  reachedChart,
  reliabilityChart,
  rightChart,
  tierChart,
  tokenChart,
} from './charts.ts';
import { FORECAST_WORDS, pooled } from './forecast.ts';
import type { FileReport, ForecastReport, NaiveReport, Report, StreamReport, TierReport } from './shape.ts';
import { share } from './share.ts';
import { STYLE } from './style.ts';
import { escaped } from './svg.ts';
import { coreOf, goodnessIn, psiInWords, rightByTier, sumOf } from './table.ts';
import { count, day, decimals, percent, perDay, ruleInWords } from './words.ts';

/** The whole run as one self-contained page: no script, no font, no network. */
export function htmlReport(report: Report, numbers: Numbers): string {
  const rules = report.rules === 'core' ? 'evidence and promises only' : 'the whole gate as deployed';
  const set = Object.entries(report.set).map(([name, value]) => `${name} = ${value}`);
  const body = [
    '<h1>What the gate would have done</h1>',
    `<p>${[`Rules: ${report.rules} (${rules})`, ...set].map(escaped).join(' · ')}</p>`,
    ...report.files.map(fileNote),
    report.streams.length === 0 ? '<p>No job could be read.</p>' : '',
    report.streams.length > 1 ? summary(report.streams) : '',
    ...report.streams.map((stream, index) => section(stream, index, numbers)),
  ];
  const head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">';
  const title = `Back-test: ${report.streams.map(({ name }) => name).join(', ')}`.slice(0, 200);
  return `<!doctype html>\n<html lang="en"><head>${head}<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>${body.join('\n')}</main></body></html>\n`;
}

function section(stream: StreamReport, index: number, numbers: Numbers): string {
  const { firstSubmittedAt, lastSubmittedAt, verdict } = stream;
  const span =
    firstSubmittedAt === null || lastSubmittedAt === null
      ? ''
      : `${day(firstSubmittedAt)} to ${day(lastSubmittedAt)}, `;
  return `<section id="stream-${index}"><h2>${escaped(stream.name)}</h2>
<p>${span}${count(stream.jobs)} jobs of ${escaped(stream.clusterId || 'one cluster')}</p>
<p class="verdict">${paragraph(verdict)}</p>
${cards(stream)}
<div class="charts">${[...tables(stream), ...figures(stream, numbers)].join('\n')}</div></section>`;
}

/** The recommendation is the last sentence, but people look for it first. */
function paragraph({ sentences }: StreamReport['verdict']): string {
  return [`<b>${escaped(sentences.at(-1) ?? '')}</b>`, ...sentences.slice(0, -1).map(escaped)].join(' ');
}

function cards(stream: StreamReport): string {
  const { promiseViolations, tiers, ece, forecast } = stream;
  const right = tiers.reduce((sum, tier) => sum + tier.right, 0);
  const kept = promiseViolations === 0;
  return `<div class="cards">${[
    card(`${count(stream.acted)} of ${count(stream.calls)}`, 'calls acted on autonomously'),
    card(count(right), `of these really waited long; right by tier (n): ${rightByTier(stream)}`),
    card(percent(stream.reachedShare), `of long waits reached; at random ${percent(stream.chance)}`),
    card(
      kept ? 'kept' : `broken ${promiseViolations} times`,
      'the promises, recomputed after every label',
      kept ? 'good' : 'bad',
    ),
    card(
      `${decimals(forecast.baseRate.brier)} → ${decimals(forecast.brier)}`,
      `Brier score, base rate → ${FORECAST_WORDS[forecast.name]}`,
    ),
    card(
      ece.raw === null ? decimals(ece.served) : `${decimals(ece.raw)} → ${decimals(ece.served)}`,
      `ECE ${ece.raw === null ? '' : 'raw → '}served; perfect ${decimals(ece.null)}, n ${count(ece.n)}`,
    ),
    card(
      percent(stream.upper90Held),
      `of waits: the one-sided 90 % bound holds; the two-sided ${percent(stream.interval90Held)}`,
    ),
    card(perDay(stream.questionsPerDay), 'times a day a human would have been asked'),
  ].join('')}</div>`;
}

function card(value: string, says: string, className = ''): string {
  return `<div class="card"><b class="${className}">${escaped(value)}</b><span>${escaped(says)}</span></div>`;
}

function figures(stream: StreamReport, numbers: Numbers): string[] {
  const { raw, served } = stream.reliability;
  const hasRaw = raw.length > 0;
  const ofRaw = `<div><p>raw p, as VGAC gives it</p>${reliabilityChart('reliability of raw p', raw, 'notify')}</div>`;
  const ofServed = `<div><p>served q, as we act on it</p>${reliabilityChart('reliability of served q', served, 'autonomous')}</div>`;
  const pair = `<div class="pair">${hasRaw ? ofRaw : ''}${ofServed}</div>`;
  return [
    figure(
      'Reliability',
      'Share of jobs that waited long against what was predicted, in 15 quantile bins (equal predictions share one) with 95 % intervals. Points on the diagonal are calibrated; the axes are square roots, since most probabilities are small. Brier = reliability - resolution + uncertainty + within bins. How well they rank (AUROC, AUPRC) is information and opens no gate.',
      pair + scores(stream.scores, hasRaw),
      'tall',
    ),
    figure(
      'What happened to the calls',
      keys(['autonomous', 'acted on'], ['heldOut', 'held out'], ['notify', 'asked'], ['escalate', 'withheld']),
      callsChart(stream),
    ),
    figure(
      'Right',
      `Share of what was acted on that really waited long; larger dots stand for more jobs. ${keys(['dash', 'what the tiers promise'])}`,
      rightChart(stream),
    ),
    figure(
      'Reached',
      `Share of long waits that had been acted on. ${keys(['autonomous', 'reached'], ['notify', 'as many acts at random'])}`,
      reachedChart(stream),
    ),
    figure(
      'Free tokens',
      `The fewest in each stretch. ${keys(['tier1', 'annotate'], ['tier2', 'warn'], ['tier3', 'suggest'], ['tier4', 'gate'], ['dash', 'needed for a statement, for an intervention'])}`,
      tokenChart(stream, numbers),
    ),
    figure(
      'Calibration error',
      `Debiased ECE of the last labels (at most 1,000, a sample of each stretch of time) with 90 % bounds. ${keys(['dash', 'limits of the tiers'], ['mark', 'a refit takes effect, or is rolled back'])}`,
      eceChart(stream, numbers),
    ),
    figure(
      'Drift statistics',
      `Evidence of miscalibration; an alarm resets it, is shown, and affects no tier. Alarms: ${hasRaw ? `${count(stream.alarms.raw)} on raw p, ` : ''}${count(stream.alarms.served)} on served q. ${hasRaw ? `${psiInWords(stream)}. ` : ''}${keys(...(hasRaw ? [['notify', 'raw p'] as const] : []), ['autonomous', 'served q'], ['dash', 'alarm'])}`,
      detectorChart(stream, numbers),
    ),
    figure('Tier earned', 'By ECE, skill and evidence, regardless of the tokens left.', tierChart(stream)),
    figure(
      'Drift band',
      'Error against the cluster’s own baseline, where the lower bound supports it.',
      bandChart(stream),
    ),
  ];
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
  const tiers = stream.tiers.map((tier) => [
    tier.tier,
    count(tier.called),
    count(tier.acted),
    tier.rightShare === null ? '-' : `${percent(tier.rightShare, 0)}${tier.counterfactual ? ' (counterfactual)' : ''}`,
    tier.rightLow === null ? '-' : `${percent(tier.rightLow, 0)} to ${percent(tier.rightHigh, 0)}`,
    `${percent(tier.promise, 0)}${tier.tested ? '' : `; not tested yet, ${tier.testedFrom} needed`}`,
    count(tier.heldOut),
    percent(tier.reachedShare),
    tier.leastSlack.toFixed(1),
  ]);
  const standings = stream.tiers.map(({ standing }) => `<li>${escaped(standing)}</li>`).join('');
  const reasons = Object.entries(stream.passedOver).map(([code, { calls, nothing }]) => [
    ruleInWords(code),
    count(calls),
    percent(calls / stream.calls),
    count(calls - nothing),
  ]);
  const head = ['tier', 'calls', 'acted', 'right', '90 % interval', 'promised', 'held out', 'reached', 'least slack'];
  const core = stream.core === null ? '' : ` ${capital(coreOf(stream, stream.core))}.`;
  return [
    figure('Tiers', escaped(sumOf(stream)), `${table(head, tiers)}<p>At the end:</p><ul>${standings}</ul>`, 'wide'),
    figure('Forecasts', forecastWords(stream.forecast), forecasts(stream.forecast), 'wide'),
    figure(
      'What each rule held back',
      escaped(`Calls whose own tier was not done, by the first rule against it.${core}`),
      table(['rule', 'calls', 'share', 'got a lower tier'], reasons),
    ),
    ...(stream.naive === null
      ? []
      : [figure('Simpler rules on the same jobs', 'By the trace.', beside(stream, stream.naive))]),
  ];
}

function forecastWords({ compared }: ForecastReport): string {
  const each = compared.map(({ name }) => `${name}: ${FORECAST_WORDS[name]}`).join('; ');
  return `How good the probabilities were, and what the same rules do with them: ${each}.`;
}

const GOODNESS = ['Brier score', 'log loss', 'AUROC'];
const MADE = ['calls', 'acted', 'right, by tier (n)', 'reached', 'chance', 'p let in', '90 % bound holds'];

function forecasts({ compared, baseRate, rawP }: ForecastReport): string {
  const nothing = MADE.map(() => '');
  const rows = [
    ['base rate', ...goodnessIn(baseRate), ...nothing],
    ...(rawP === null ? [] : [['the file’s p', ...goodnessIn(rawP), ...nothing]]),
    ...compared.map((one) => [
      one.name,
      ...goodnessIn(one),
      count(one.calls),
      percent(one.actedOfCalls),
      rightByTier(one),
      percent(one.reachedShare),
      percent(one.chance),
      one.name === 'both' ? percent(one.vgacShare) : '',
      percent(one.upper90Held),
    ]),
  ];
  return table(['forecast', ...GOODNESS, ...MADE], rows);
}

function beside(stream: StreamReport, naive: readonly NaiveReport[]): string {
  const kept = stream.promiseViolations === 0 ? 'none' : 'some';
  const own = ['this gate', count(stream.acted), rightShareOf(stream.tiers), percent(stream.reachedShare), kept];
  const others = naive.map(({ rule, acted, tiers, reachedShare, broken }) => {
    const brokenWords = broken.length === 0 ? 'none' : `of tier ${broken.join(', ')}`;
    return [rule, count(acted), rightShareOf(tiers), percent(reachedShare), brokenWords];
  });
  return table(['rule', 'acted', 'right', 'reached', 'promises broken'], [own, ...others]);
}

function rightShareOf(tiers: readonly Pick<TierReport, 'acted' | 'right' | 'unknown'>[]): string {
  const right = tiers.reduce((sum, tier) => sum + tier.right, 0);
  const known = tiers.reduce((sum, { acted, unknown }) => sum + acted - unknown, 0);
  return percent(share(right, known), 0);
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
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
  ['log loss', 'logLoss'],
  ['AUROC', 'auroc'],
  ['AUPRC', 'auprc'],
];

function scores({ raw, served }: StreamReport['scores'], hasRaw: boolean): string {
  const of = (one: Scores, key: keyof Scores): string[] => [decimals(one[key])];
  const rows = SCORES.map(([name, key]) => [name, ...(hasRaw ? of(raw, key) : []), ...of(served, key)]);
  return table(['', ...(hasRaw ? ['raw p'] : []), 'served q'], rows);
}

function summary(streams: readonly StreamReport[]): string {
  const head = [
    'stream',
    'jobs',
    'calls',
    'acted',
    'held out',
    'right, by tier (n)',
    'reached',
    'chance',
    'asks a day',
  ];
  const rows = streams.map((stream, i) => [
    `<a href="#stream-${i}">${escaped(stream.name)}</a>`,
    count(stream.jobs),
    count(stream.calls),
    percent(stream.actedOfCalls, 0),
    count(stream.heldOut),
    rightByTier(stream),
    percent(stream.reachedShare),
    percent(stream.chance),
    perDay(stream.questionsPerDay),
  ]);
  const together = pooled(streams.map(({ forecast }) => forecast)).map((one) => [
    one.name,
    count(one.calls),
    percent(one.actedOfCalls),
    count(one.heldOut),
    rightByTier(one),
    percent(one.reachedShare),
    percent(one.chance),
  ]);
  const heads = ['all together', 'calls', 'acted', 'held out', 'right, by tier (n)', 'reached', 'chance'];
  const all = together.length === 0 ? '' : `<p></p>${table(heads, together)}`;
  return `<figure style="margin-top:14px">${markupTable(head, rows)}${all}</figure>`;
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
  return notes.length === 0
    ? ''
    : `<p${failure === null && skippedRows === 0 ? '' : ' class="bad"'}>${escaped(`${path}: ${notes.join('; ')}`)}</p>`;
}
