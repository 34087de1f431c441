import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { type Case, readCases } from './case.ts';
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
    const cases = readCases(file).map((one) => (translate ? inJsonata(one) : one));
    const verdicts: Verdict[] = [];
    for (const one of cases) verdicts.push(await runCase(one));
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(verdicts, null, 2)}\n`);
    console.log(summary(cases, verdicts));
    process.exitCode = verdicts.some(({ result }) => result === 'fail') ? 1 : 0;
  });

function summary(cases: readonly Case[], verdicts: readonly Verdict[]): string {
  const count = (wanted: Verdict['result'], of = verdicts) => of.filter(({ result }) => result === wanted).length;
  const features = [...new Set(cases.flatMap((one) => one.features))].sort();
  const byFeature = features.map((feature) => {
    const ids = new Set(cases.filter((one) => one.features.includes(feature)).map(({ id }) => id));
    const own = verdicts.filter(({ id }) => ids.has(id));
    const counts = [count('pass', own), count('fail', own), count('unsupported', own)];
    return `${feature.padEnd(28)}${counts.map((n) => `${n}`.padStart(12)).join('')}`;
  });
  const named = (wanted: Verdict['result']) =>
    verdicts.filter(({ result }) => result === wanted).map(({ id, reason }) => `  ${id}\n    ${reason}`);
  return [
    `${'feature'.padEnd(28)}${['pass', 'fail', 'unsupported'].map((head) => head.padStart(12)).join('')}`,
    ...byFeature,
    '',
    ...(count('unsupported') > 0 ? ['Unsupported:', ...named('unsupported'), ''] : []),
    ...(count('fail') > 0 ? ['Failed:', ...named('fail'), ''] : []),
    `${cases.length} cases: ${count('pass')} pass, ${count('fail')} fail, ${count('unsupported')} unsupported`,
  ].join('\n');
}

await command.parseAsync();
