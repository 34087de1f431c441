import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { type Case, type NoCase, readLines } from './case.ts';
import { LEFT_OUT } from './compare.ts';
import { inJsonata } from './in-jsonata.ts';
import { runCase, type Verdict } from './run.ts';

interface Options {
  json?: string;
  translate?: boolean;
}

/** `npm run conformance -- FILE.jsonl --json OUT`: executes recorded cases and says which of them agree with AWS. */
const command = new Command('conformance')
  .description('Executes state machines that AWS recorded, and compares what comes of them.')
  .argument('<file>', 'one case a line')
  .option('--json <out>', 'writes `id, result, reason` of every case')
  .option('--translate', 'rewrites plain JSONPath definitions in JSONata first')
  .action(async (file: string, { json, translate = false }: Options) => {
    const results: Result[] = [];
    for (const line of readLines(file)) results.push(await resultOf(line, translate));
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(results.map(verdictOf), null, 2)}\n`);
    console.log(summary(results));
    process.exitCode = results.some(({ result }) => result === 'fail') ? 1 : 0;
  });

interface Result extends Verdict {
  readonly features: readonly string[];
}

async function resultOf(line: Case | NoCase, translate: boolean): Promise<Result> {
  if ('problem' in line) return { id: line.id, result: 'unsupported', reason: line.problem, features: ['(no case)'] };
  return { ...(await runCase(translate ? inJsonata(line) : line)), features: line.features };
}

const verdictOf = ({ id, result, reason }: Result): Verdict => ({ id, result, reason });

function summary(results: readonly Result[]): string {
  const count = (wanted: Verdict['result'], of = results) => of.filter(({ result }) => result === wanted).length;
  const features = [...new Set(results.flatMap((one) => one.features))].sort();
  const byFeature = features.map((feature) => {
    const own = results.filter((one) => one.features.includes(feature));
    const counts = [count('pass', own), count('fail', own), count('unsupported', own)];
    return `${feature.padEnd(28)}${counts.map((n) => `${n}`.padStart(12)).join('')}`;
  });
  const named = (wanted: Verdict['result']) =>
    results.filter(({ result }) => result === wanted).map(({ id, reason }) => `  ${id}\n    ${reason}`);
  return [
    `${'feature'.padEnd(28)}${['pass', 'fail', 'unsupported'].map((head) => head.padStart(12)).join('')}`,
    ...byFeature,
    '',
    'Left out of every comparison:',
    ...Object.entries(LEFT_OUT).map(([what, why]) => `  ${what}: ${why}`),
    '',
    ...(count('unsupported') > 0 ? ['Unsupported:', ...named('unsupported'), ''] : []),
    ...(count('fail') > 0 ? ['Failed:', ...named('fail'), ''] : []),
    `${results.length} cases: ${count('pass')} pass, ${count('fail')} fail, ${count('unsupported')} unsupported`,
  ].join('\n');
}

await command.parseAsync();
