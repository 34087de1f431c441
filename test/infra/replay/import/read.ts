import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Faults, noFaults } from '../../../../infra/replay/import/faults.ts';
import { readHistory } from '../../../../infra/replay/import/history.ts';
import { Rounds } from '../../../../infra/replay/import/rounds.ts';
import type { Row } from '../../../../infra/replay/import/row.ts';
import { type Column, parseMapping } from '../../../../infra/replay/import/table/columns.ts';
import { zoneOf } from '../../../../infra/replay/import/zone.ts';

export interface Read {
  readonly rows: readonly Told[];
  readonly faults: Faults;
}
/** A row, with the texts that it decodes only when asked. */
export type Told = Pick<
  Row,
  | 'line'
  | 'submittedAt'
  | 'waitSeconds'
  | 'leftAt'
  | 'longWait'
  | 'censored'
  | 'labelAt'
  | 'p'
  | 'gpus'
  | 'procs'
  | 'queue'
  | 'runSeconds'
  | 'clusterId'
  | 'platform'
> & { readonly id: string };

interface How {
  readonly timezone?: string;
  readonly map?: string;
  /** Arrays and heterogeneous jobs as one. */
  readonly rounds?: boolean;
}

/** Reads a file as the back-test does when it needs it in order. */
export async function readFile(path: string, { timezone, map, rounds = false }: How = {}): Promise<Read> {
  const faults = noFaults();
  const rows: Told[] = [];
  const tell = (row: Row): void => {
    const { id: _, bytes: __, from: ___, to: ____, ...values } = row;
    rows.push({ ...values, id: row.jobId() });
  };
  const round = new Rounds(tell);
  const mapping = map === undefined ? new Map<Column, string>() : parseMapping(map);
  const zone = timezone === undefined ? undefined : zoneOf(timezone);
  const options = { mapping, longWaitSeconds: 300, sorted: true, onRead: () => {}, zone };
  await readHistory(path, options, faults, (row) => (rounds ? round.add(row) : tell(row)));
  round.end();
  return { rows, faults };
}

/** The same of a text. */
export async function read(text: string | Uint8Array, how: How = {}): Promise<Read> {
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  try {
    writeFileSync(join(folder, 'history'), text);
    return await readFile(join(folder, 'history'), how);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
