import Table from 'cli-table3';
import colors from 'picocolors';
import type { Scores } from '../tally.ts';
import { FORECAST_WORDS, pooled } from './forecast.ts';
import type {
  CoreReport,
  ForecastReport,
  Goodness,
  NaiveReport,
  ServedReport,
  StreamReport,
  TierReport,
} from './shape.ts';
import { share } from './share.ts';
import { count, day, decimals, percent, perDay, ruleInWords } from './words.ts';

const STRIP = 60;
const EPOCHS_SHOWN = 8;
const WIDTH = 116;
/** No lines between rows, no colours of the library's own. */
const PLAIN = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};
const right = 'right' as const;

/** Everything about one stream, for a terminal: the conclusion first, then the numbers. */
export function streamTable(report: StreamReport): string {
  const table = new Table({ ...PLAIN, colWidths: [24, 92], wordWrap: true });
  for (const [name, value] of rowsOf(report)) table.push([name, value]);
  const head = `${colors.bold(report.name)}  ${colors.dim(spanOf(report))}`;
  const tables = [head, paragraph(report.verdict.sentences), tierTable(report.tiers), forecastTable(report.forecast)];
  if (report.naive !== null) tables.push(besideTable(report, report.naive));
  return [...tables, table.toString()].join('\n');
}

/** All streams of a run in one table, one line each. */
export function summaryTable(reports: readonly StreamReport[]): string {
  const table = new Table({
    ...PLAIN,
    head: [
      'stream',
      'jobs',
      'calls',
      'acted',
      'held out',
      'right, by tier (n)',
      'reached',
      'chance',
      'asks/day',
      'jobs/s',
    ],
    colAligns: ['left', right, right, right, right, 'left', right, right, right, right],
  });
  for (const report of reports) {
    table.push([
      report.name,
      count(report.jobs),
      count(report.calls),
      percent(report.actedOfCalls, 0),
      count(report.heldOut),
      rightByTier(report),
      percent(report.reachedShare),
      percent(report.chance),
      perDay(report.questionsPerDay),
      report.jobsPerSecond === null ? '-' : count(report.jobsPerSecond),
    ]);
  }
  return table.toString();
}

/** `.67 (201) / .91 (218) / - / -`. */
export function rightByTier({ tiers }: { readonly tiers: ServedReport['tiers'] }): string {
  return tiers
    .map(({ rightShare, acted, unknown }) =>
      rightShare === null ? '-' : `${hundredths(rightShare)} (${count(acted - unknown)})`,
    )
    .join(' / ');
}

/** The forecast beside the others, the file's own p and the base rate: how good each is, and what the gate does with it. */
function forecastTable({ compared, baseRate, rawP }: ForecastReport): string {
  const table = new Table({
    ...PLAIN,
    head: [
      'forecast',
      'Brier',
      'log loss',
      'AUROC',
      'calls',
      'acted',
      'right, by tier (n)',
      'reached',
      'chance',
      'p let in',
      '90 % bound',
    ],
    colAligns: ['left', right, right, right, right, right, 'left', right, right, right, right],
  });
  const nothing = Array(7).fill('');
  table.push(['base rate', ...goodnessIn(baseRate), ...nothing]);
  if (rawP !== null) table.push(['the file’s p', ...goodnessIn(rawP), ...nothing]);
  for (const [i, one] of compared.entries()) {
    const name = i === 0 && compared.length > 1 ? colors.bold(one.name) : one.name;
    table.push([name, ...goodnessIn(one), ...madeOf(one), percent(one.upper90Held)]);
  }
  const words = compared.map(({ name }) => `${name}: ${FORECAST_WORDS[name]}`).join('; ');
  return `${table.toString()}\n${colors.dim(words)}`;
}

export function goodnessIn({ brier, logLoss, auroc }: Goodness): string[] {
  return [decimals(brier), decimals(logLoss), auroc === null ? '-' : auroc.toFixed(3)];
}

function madeOf(one: ServedReport): string[] {
  return [
    count(one.calls),
    percent(one.actedOfCalls),
    rightByTier(one),
    percent(one.reachedShare),
    percent(one.chance),
    one.name === 'both' ? percent(one.vgacShare) : '',
  ];
}

/** All streams of a run together, a line for each forecast; and how good each was on each stream: Brier score, log loss, AUROC. */
export function pooledTables(reports: readonly StreamReport[]): string {
  const together = pooled(reports.map(({ forecast }) => forecast));
  const all = new Table({
    ...PLAIN,
    head: ['all streams', 'jobs', 'calls', 'acted', 'held out', 'right, by tier (n)', 'reached', 'chance', 'p let in'],
    colAligns: ['left', right, right, right, right, 'left', right, right, right],
  });
  for (const one of together) {
    const [calls = '', acted = '', ...others] = madeOf(one);
    all.push([one.name, count(one.jobs), calls, acted, count(one.heldOut), ...others]);
  }
  const names = together.map(({ name }) => name);
  const goodness = new Table({ ...PLAIN, head: ['Brier, log loss, AUROC', 'base rate', 'the file’s p', ...names] });
  const cell = (one: Goodness | null | undefined): string => (one ? goodnessIn(one).join(' ') : '-');
  for (const { name, forecast } of reports) {
    const served = names.map((wanted) => forecast.compared.find((one) => one.name === wanted));
    goodness.push([name, cell(forecast.baseRate), cell(forecast.rawP), ...served.map(cell)]);
  }
  return together.length === 0 ? '' : `${all.toString()}\n${goodness.toString()}`;
}

function tierTable(tiers: readonly TierReport[]): string {
  const table = new Table({
    ...PLAIN,
    head: [
      'tier',
      'calls',
      'acted',
      'right',
      '90 % interval',
      'promised',
      'held out',
      'reached',
      'least slack',
      'earned after',
    ],
    colAligns: ['left', right, right, right, right, right, right, right, right, right],
  });
  for (const tier of tiers) {
    table.push([
      tier.tier,
      count(tier.called),
      count(tier.acted),
      tier.rightShare === null ? '-' : `${hundredths(tier.rightShare)}${tier.counterfactual ? ' *' : ''}`,
      tier.rightLow === null || tier.rightHigh === null
        ? '-'
        : `${hundredths(tier.rightLow)} to ${hundredths(tier.rightHigh)}`,
      `${hundredths(tier.promise)}${tier.tested ? '' : ` (not tested yet: ${tier.testedFrom} needed)`}`,
      heldOutIn(tier),
      percent(tier.reachedShare),
      tier.leastSlack.toFixed(1),
      tier.earnedAfter === null ? 'never' : count(tier.earnedAfter),
    ]);
  }
  const counterfactual = tiers.some((tier) => tier.counterfactual && tier.acted > 0);
  const note = '* counterfactual: by the trace, as if the job had been left alone';
  return counterfactual ? `${table.toString()}\n${colors.dim(note)}` : table.toString();
}

function heldOutIn({ heldOut, heldRight, heldUnknown }: TierReport): string {
  const known = heldOut - heldUnknown;
  return known === 0 ? count(heldOut) : `${count(heldOut)} (${hundredths(heldRight / known)} right)`;
}

/** The gate beside the core rules and the naive ones. */
function besideTable(report: StreamReport, naive: readonly NaiveReport[]): string {
  const table = new Table({
    ...PLAIN,
    head: ['rule', 'calls', 'acted', 'right, by tier (n)', 'reached', 'promises broken'],
    colAligns: ['left', right, right, 'left', right, 'left'],
  });
  const kept = report.promiseViolations === 0 ? 'none' : `${report.promiseViolations} times`;
  const reached = percent(report.reachedShare);
  table.push(['this gate', count(report.calls), count(report.acted), rightByTier(report), reached, kept]);
  for (const { rule, calls, acted, tiers, reachedShare, broken } of naive) {
    const byTier = rightByTier({
      tiers: tiers.map((tier) => ({ ...tier, rightShare: share(tier.right, tier.acted - tier.unknown) })),
    });
    const brokenWords = broken.length === 0 ? 'none' : `of tier ${broken.join(', ')}`;
    table.push([rule, count(calls), count(acted), byTier, percent(reachedShare), brokenWords]);
  }
  return table.toString();
}

function rowsOf(report: StreamReport): [string, string][] {
  const { ece, promiseViolations, core } = report;
  const { raw, served } = report.scores;
  const hasRaw = report.forecast.rawP !== null;
  const kept =
    promiseViolations === 0
      ? colors.green('kept after every label, by an independent count')
      : colors.red(`broken ${promiseViolations} times`);
  return [
    ['jobs', sumOf(report)],
    ['promises', kept],
    ['what each rule held back', tookOf(report)],
    ...(core === null ? [] : [['beside the core rules', coreOf(report, core)] as [string, string]]),
    [
      'ECE',
      `${hasRaw ? `raw ${decimals(ece.raw)}, ` : ''}served ${decimals(ece.served)} over ${count(ece.n)}; a perfect model would show ${decimals(ece.null)}`,
    ],
    ['scores', [...(hasRaw ? [scoresOf('raw', raw)] : []), scoresOf('served', served)].join('\n')],
    ['tier', `${tierStrip(report)}\n${report.tiers.map(({ standing }) => standing).join('\n')}`],
    [
      'drift',
      hasRaw
        ? `alarms on raw p ${report.alarms.raw}${firstAlarm(report)}, on served q ${report.alarms.served}; ${psiInWords(report)}`
        : `alarms on served q ${report.alarms.served}`,
    ],
    ...(report.recalibration === null ? [] : [recalibrationRow(report.recalibration)]),
    [
      'wait bounds',
      `one-sided 90 % bound holds ${percent(report.upper90Held)}, two-sided 90 % ${percent(report.interval90Held)}`,
    ],
    ['asks a human', asksOf(report)],
  ];
}

/** The counts that add up to all jobs. */
export function sumOf(report: StreamReport): string {
  const { jobs, nothingNeeded, acted, heldOut, asked, withheld, late, failed, undecided, alsoAsked } = report;
  const parts = [
    `${count(nothingNeeded)} nothing needed`,
    `${count(acted)} acted on`,
    `${count(heldOut)} held out`,
    `${count(asked)} asked`,
    `${count(withheld)} withheld`,
    `${late} late`,
    `${failed} failed`,
  ];
  const also = alsoAsked === 0 ? '' : `; ${count(alsoAsked)} acted on were also asked about`;
  return `${count(jobs)} = ${parts.join(' + ')} + ${undecided} undecided${also}${unknownOf(report)}${repeatsOf(report)}`;
}

/** Jobs with something unknown. */
function unknownOf({ censored, forecast: { aged } }: StreamReport): string {
  const left = censored === 0 ? '' : `; ${count(censored)} left before it was known whether they wait long`;
  const gone = aged === 0 ? '' : `; ${count(aged)} had no events for 30 days, and count as gone from then on`;
  return left + gone;
}

function repeatsOf({ repeatedRows, arrayTasks }: StreamReport): string {
  const repeated = repeatedRows === 0 ? '' : `; ${count(repeatedRows)} rows repeat a round and count once`;
  const tasks = arrayTasks === 0 ? '' : `; ${count(arrayTasks)} tasks count with their array`;
  return repeated + tasks;
}

/** Calls whose own tier was not done, by the first rule that refused it. */
export function tookOf({ passedOver, calls }: StreamReport): string {
  const parts = Object.entries(passedOver).map(([code, { calls: taken, nothing }]) => {
    const lower = taken - nothing;
    return `${ruleInWords(code)} ${count(taken)} (${percent(taken / calls, 0)} of the calls${lower === 0 ? '' : `; ${count(lower)} got a lower tier`})`;
  });
  return parts.join(', ') || 'nothing';
}

/** What the rules beyond the core held back. */
export function coreOf(report: StreamReport, core: CoreReport): string {
  const of = (code: string): number => report.passedOver[code]?.calls ?? 0;
  const interventions = report.tiers.slice(2).reduce((sum, { acted }) => sum + acted, 0);
  const withheld = `cooldown ${of('cooldown')}, actions an hour ${of('rate')}, a place to ask about a hold ${of('noPlace')}`;
  const acted = `acted on ${count(report.acted)} where the core acts on ${count(core.acted)} (${percent(core.actedOfCore, 0)})`;
  return `${acted}; interventions ${count(interventions)} beside ${count(core.interventions)}; withheld for ${withheld}, outcomes of several days ${of('days')}, drift ${of('drift')}, an own effect ${of('ownEffect')}`;
}

/** The other scores, one line for each kind of probability. */
function scoresOf(kind: string, scores: Scores): string {
  const { mce, brier, reliability, resolution, uncertainty, withinBin, tailGap, auroc, auprc } = scores;
  const within =
    withinBin === null || !decimals(withinBin).startsWith('-')
      ? `+ ${decimals(withinBin)}`
      : `- ${decimals(-withinBin)}`;
  const parts = `rel ${decimals(reliability)} - res ${decimals(resolution)} + unc ${decimals(uncertainty)} ${within} within bins`;
  return `${kind} MCE ${decimals(mce)}, tail gap ${decimals(tailGap)}, AUROC ${decimals(auroc)}, AUPRC ${decimals(auprc)}\n  Brier ${decimals(brier)} = ${parts}`;
}

/** The tier over time, one digit for each sixtieth of the jobs. */
function tierStrip({ timeline }: StreamReport): string {
  const cells = Math.min(STRIP, timeline.length);
  return Array.from({ length: cells }, (_, i) => timeline[Math.floor((i * timeline.length) / cells)]?.tier ?? 0).join(
    '',
  );
}

function firstAlarm({ driftAlarmJobs: [first] }: StreamReport): string {
  return first === undefined ? '' : ` (first after ${count(first)} jobs)`;
}

/** How far raw p has shifted. */
export function psiInWords({ psi, psiNeeds }: Pick<StreamReport, 'psi' | 'psiNeeds'>): string {
  if (psi === null) return `PSI of raw p needs ${count(psiNeeds)} more jobs`;
  return `PSI of raw p ${psi.toFixed(2)}, .10 is noticeable`;
}

function recalibrationRow({
  promoted,
  rolledBack,
  rejected,
  epochs,
}: NonNullable<StreamReport['recalibration']>): [string, string] {
  const when = epochs
    .slice(0, EPOCHS_SHOWN)
    .map(({ afterJobs, cause }) => `${cause === 'promoted' ? '' : 'back '}${count(afterJobs)}`);
  const after =
    when.length === 0 ? '' : ` (after jobs ${when.join('; ')}${epochs.length > when.length ? '; ...' : ''})`;
  return ['refits', `${promoted} promoted, ${rolledBack} rolled back${after}, ${rejected} rejected`];
}

function asksOf({ questions, questionsPerDay, unasked }: StreamReport): string {
  const beyond = unasked === 0 ? '' : `; ${count(unasked)} more had no place and were withheld`;
  if (questionsPerDay === null) return `less than an hour of history is too short for a daily rate${beyond}`;
  return `would have asked a human ${perDay(questionsPerDay)} times a day, ${count(questions)} times in all${beyond}`;
}

function spanOf({ firstSubmittedAt, lastSubmittedAt, days }: StreamReport): string {
  if (firstSubmittedAt === null || lastSubmittedAt === null) return 'no jobs';
  return `${day(firstSubmittedAt)} to ${day(lastSubmittedAt)}, ${days.toFixed(1)} days`;
}

/** Wraps sentences at 116 characters. */
function paragraph(sentences: readonly string[]): string {
  let text = '';
  let line = 0;
  for (const word of sentences.join(' ').split(' ')) {
    const fits = line + word.length + 1 <= WIDTH;
    text += line === 0 ? word : fits ? ` ${word}` : `\n${word}`;
    line = line === 0 ? word.length : fits ? line + word.length + 1 : word.length;
  }
  return text;
}

function hundredths(share: number): string {
  return share.toFixed(2).replace(/^0/, '');
}
