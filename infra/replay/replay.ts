import { closeSync, openSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { DecisionFile } from './decisions.ts';
import { FORECASTS, type ForecastName } from './forecast/forecaster.ts';
import { type Column, parseMapping, UnknownColumn } from './import/table/columns.ts';
import { UnknownZone, type Zone, zoneOf } from './import/zone.ts';
import { progressOver } from './progress.ts';
import { namesOf, replayFile } from './replay-file.ts';
import { htmlReport } from './report/html.ts';
import { fileReport, streamReport } from './report/result.ts';
import type { FileReport, Report, StreamReport } from './report/shape.ts';
import { pooledTables, streamTable, summaryTable } from './report/table.ts';
import { type RulesName, ruleSet } from './rules.ts';
import { parseSetting, UnusableNumber, withSettings } from './settings.ts';

interface Options {
  readonly rules: RulesName;
  readonly forecast?: ForecastName;
  readonly map?: Map<Column, string>;
  readonly timezone?: Zone;
  readonly set?: Map<string, number>;
  readonly json?: string;
  readonly decisions?: string;
  readonly html?: string;
  readonly beside: boolean;
}

/** Exit code when a file could not be read to its end, or nothing in it could; skipped rows alone are no failure. */
const INCOMPLETE = 1;
/** Rows that are told one by one; all of them by kind. */
const SKIPPED_TOLD = 25;

async function replay(paths: string[], options: Options): Promise<void> {
  // Hours of reading are not for a report that cannot be written in the end.
  for (const path of [options.json, options.html]) if (path !== undefined) closeSync(openSync(path, 'a'));
  const settings = options.set ?? new Map<string, number>();
  const rules = ruleSet(options.rules, withSettings(settings));
  const decisions = options.decisions === undefined ? null : new DecisionFile(options.decisions);
  const progress = progressOver(paths, process.stderr);
  const names = namesOf(paths);
  const streams: StreamReport[] = [];
  const files: FileReport[] = [];
  for (const [i, path] of paths.entries()) {
    const name = names[i] ?? path;
    progress.file(name);
    const result = await replayFile(path, name, {
      rules,
      forecast: options.forecast ?? null,
      decisions,
      beside: options.beside,
      mapping: options.map ?? new Map(),
      zone: options.timezone,
      longWaitSeconds: rules.config.longWaitSeconds,
      onRead: progress.read,
    });
    files.push(fileReport(result));
    for (const stream of result.streams) streams.push(streamReport(stream, result.jobsPerSecond));
  }
  progress.stop();
  decisions?.close();
  const report: Report = { version: 2, rules: options.rules, set: Object.fromEntries(settings), streams, files };
  print(report);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report)}\n`);
  if (options.html !== undefined) writeFileSync(options.html, htmlReport(report, rules.numbers));
  const written = [options.html, options.json, options.decisions].filter((file) => file !== undefined);
  if (written.length > 0) console.log(colors.dim(`written: ${written.join(', ')}`));
  if (files.some(({ failure }) => failure !== null)) process.exitCode = INCOMPLETE;
}

function print({ streams, files, rules }: Report): void {
  for (const { path, failure, notes, skippedRows, skippedKinds, firstSkipped } of files) {
    for (const note of notes) console.error(`${path}: ${note}`);
    const told = firstSkipped.slice(0, SKIPPED_TOLD);
    for (const { line, fault } of told) console.error(`${path}:${line}: skipped: ${fault}`);
    if (skippedRows > told.length)
      console.error(`${path}: ${skippedRows} rows skipped in all: ${kindsOf(skippedKinds)}`);
    if (failure !== null) console.error(`${colors.red(path)}: ${failure}`);
  }
  for (const stream of streams) console.log(streamTable(stream));
  if (streams.length > 1) {
    console.log(summaryTable(streams));
    console.log(pooledTables(streams));
  }
  console.log(colors.dim(`rules: ${rules}`));
}

/** The most frequent first. */
function kindsOf(kinds: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  return sorted.map(([fault, count]) => `${count} because ${fault}`).join('; ');
}

/** What reading says of a file is told there; what is left is a file of ours that cannot be written. */
function isOfFileSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

/** Faults of an argument are told as such, without a stack. */
function argument<Value>(parse: (text: string, before?: Value) => Value): (text: string, before?: Value) => Value {
  return (text, before) => {
    try {
      return parse(text, before);
    } catch (error) {
      if ([UnknownColumn, UnusableNumber, UnknownZone].some((kind) => error instanceof kind)) {
        throw new InvalidArgumentError(`\n${error instanceof Error ? error.message : ''}`);
      }
      throw error;
    }
  };
}

if (import.meta.main) {
  await new Command('replay')
    .description(
      'Plays the history of clusters through the gate: what would it have done, and what would have come of it?',
    )
    .argument('<files...>', 'sacct, SWF, Kueue or AWS Batch exports, or CSV; plain or gzip')
    .addOption(
      new Option('--rules <name>', 'the whole gate as deployed, or its evidence and promises alone')
        .choices(['all', 'core'])
        .default('all'),
    )
    .addOption(
      new Option(
        '--forecast <name>',
        'the built-in forecast, of the queue’s events alone; the file’s own probabilities, recalibrated; or both as deployed, where the file’s earn their place (default: both where the file has some, else builtin)',
      ).choices(FORECASTS),
    )
    .option('--map <name=column,...>', 'columns of these files that stand for ours', argument(parseMapping))
    .option(
      '--timezone <zone>',
      'of times that name none, as those of sacct: Europe/Berlin, UTC, +02:00',
      argument(zoneOf),
    )
    .option('--set <name=value>', 'another value for a number of the gate; repeatable', argument(parseSetting))
    .option(
      '--no-beside',
      'without the core rules, the naive ones and the other forecasts beside it, in a fraction of the time',
    )
    .option('--json <file>', 'all numbers, for machines')
    .option('--decisions <file>', 'one CSV line per round')
    .option('--html <file>', 'a report to look at, in one file')
    .action(replay)
    .parseAsync()
    .catch((error: unknown) => {
      if (!(error instanceof UnusableNumber || isOfFileSystem(error))) throw error;
      console.error(error.message);
      process.exitCode = 2;
    });
}
