import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deserialiseForecast, serialiseForecast } from '../../../../functions/domain/forecast/codec.ts';
import { coldForecast } from '../../../../functions/domain/forecast/state.ts';
import { emptyTables } from '../../../../functions/domain/forecast/tables.ts';
import { type PlayedJob, play, type Standing } from './play.ts';

const FOLDER = join(import.meta.dirname, '../../../../../shared/data/replay');
const present = existsSync(join(FOLDER, 'forecast.csv.gz'));
const why = present ? '' : ' (skipped: there is no ../shared/data/replay beside this repository)';

type Line = Record<string, string>;

function table(name: string): Line[] {
  const [head = '', ...lines] = gunzipSync(readFileSync(join(FOLDER, `${name}.csv.gz`)))
    .toString('utf8')
    .trim()
    .split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i] ?? '', value])));
}

function jobOf(line: Line): PlayedJob {
  return {
    id: line.job_id ?? '',
    at: Number(line.submitted_at),
    p: Number(line.p_long_wait),
    waitSeconds: Number(line.actual_wait_s),
    longWait: line.long_wait === '1',
    labelAt: Number(line.label_at),
    gpus: Math.max(0, Number(line.gpus)),
    procs: Math.max(0, Number(line.procs)),
    queue: line.queue ?? '',
    runSeconds: line.run_s === '' ? null : Number(line.run_s),
  };
}

/** Share of the jobs whose four probabilities are those of the reference, to 1e-4. */
function agreement(stream: string, expected: readonly Line[], between?: (standing: Standing) => void): number {
  const jobs = table(stream)
    .map(jobOf)
    .sort((one, other) => one.at - other.at);
  let agreed = 0;
  let i = 0;
  for (const { said } of play({ state: coldForecast(), tables: emptyTables() }, jobs, between)) {
    const { b, q, b_with_p: bWithP, q_with_p: qWithP } = expected[i++] ?? {};
    const pairs = [
      [said.bWithoutVgac, b],
      [said.qWithoutVgac, q],
      [said.bWithVgac, bWithP],
      [said.qWithVgac, qWithP],
    ] as const;
    if (pairs.every(([ours, theirs]) => Math.abs(ours - Number(theirs)) <= 1e-4)) agreed += 1;
  }
  return agreed / jobs.length;
}

describe.skipIf(!present)(`the built-in forecast${why}`, () => {
  const reference = present ? Map.groupBy(table('forecast'), ({ stream }) => stream ?? '') : new Map<string, Line[]>();

  it.each(['A', 'B', 'C', 'D', 'E', 'F'])('is the specification on every job of stream %s', (stream) => {
    expect(agreement(stream, reference.get(stream) ?? [])).toBe(1);
  });

  it('is the same where its state is stored and read back between all jobs', () => {
    const between = (standing: Standing): void => {
      standing.state = deserialiseForecast(serialiseForecast(standing.state));
    };
    expect(agreement('B', reference.get('B') ?? [], between)).toBeGreaterThanOrEqual(0.999);
    expect(agreement('D', reference.get('D') ?? [], between)).toBeGreaterThanOrEqual(0.999);
  });
});
