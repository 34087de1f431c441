import { closeSync, openSync, writeFileSync } from 'node:fs';
import colors from 'picocolors';
import { DecisionFile } from './decisions.ts';
import type { ForecastName } from './forecast/forecaster.ts';
import type { Column } from './import/table/columns.ts';
import type { Zone } from './import/zone.ts';
import { progressOver } from './progress.ts';
import { namesOf, replayFile } from './replay-file.ts';
import { htmlReport } from './report/html.ts';
import type { FileReport, Report, StreamReport } from './report/shape.ts';
import { fileReport, streamReport } from './report/stream-report.ts';
import { pooledTables, streamTable, summaryTable } from './report/table.ts';
import { type RulesName, ruleSet } from './rules.ts';
import { withSettings } from './settings.ts';

export interface ReplayOptions {
  readonly rules: RulesName;
  readonly forecast?: ForecastName;
  readonly map?: Map<Column, string>;
  readonly timezone?: Zone;
  readonly set?: Map<string, number>;
  /** A file, or true for stdout, which then gets nothing else. */
  readonly json?: string | true;
  readonly decisions?: string;
  readonly html?: string;
  readonly beside: boolean;
}

/** Exit code if a file could not be read to its end, or nothing in it could; skipped rows are not a failure. */
const INCOMPLETE = 1;
/** Rows that are reported one by one; all of them are by kind. */
const SKIPPED_SHOWN = 25;

export async function replay(paths: readonly string[], options: ReplayOptions): Promise<void> {
  // Fails now rather than after hours of reading if the report cannot be written.
  const jsonFile = options.json === true ? undefined : options.json;
  for (const path of [jsonFile, options.html]) if (path !== undefined) closeSync(openSync(path, 'a'));
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
  printFaults(report);
  if (options.json === true) console.log(JSON.stringify(report));
  else printTables(report);
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(report)}\n`);
  if (options.html !== undefined) writeFileSync(options.html, htmlReport(report, rules.numbers));
  const written = [options.html, jsonFile, options.decisions].filter((file) => file !== undefined);
  const say = options.json === true ? console.error : console.log;
  if (written.length > 0) say(colors.dim(`written: ${written.join(', ')}`));
  if (files.some(({ failure }) => failure !== null)) process.exitCode = INCOMPLETE;
}

function printFaults({ files }: Report): void {
  for (const { path, failure, notes, skippedRows, skippedKinds, firstSkipped } of files) {
    for (const note of notes) console.error(`${path}: ${note}`);
    const shown = firstSkipped.slice(0, SKIPPED_SHOWN);
    for (const { line, fault } of shown) console.error(`${path}:${line}: skipped: ${fault}`);
    if (skippedRows > shown.length)
      console.error(`${path}: ${skippedRows} rows skipped in all: ${kindsOf(skippedKinds)}`);
    if (failure !== null) console.error(`${colors.red(path)}: ${failure}`);
  }
}

function printTables({ streams, rules }: Report): void {
  for (const stream of streams) console.log(streamTable(stream));
  if (streams.length > 1) {
    console.log(summaryTable(streams));
    console.log(pooledTables(streams));
  }
  console.log(colors.dim(`rules: ${rules}`));
}

/** Most frequent first. */
function kindsOf(kinds: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  return sorted.map(([fault, count]) => `${count} because ${fault}`).join('; ');
}
