import { claimedJob, openRounds } from '../../../functions/adapters/tables/open-rows.ts';
import { type Round, roundOf } from '../../../functions/domain/round.ts';
import { COLLECTOR_SOURCE } from '../../../schemas/events/collector.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { Records } from '../../console/records.ts';
import type { System } from '../../runtime/system.ts';

/** Each is an event that waits for its function; the next start goes on with the rest. */
const MOST = 10_000;
/** As many as one request reads. */
const AT_ONCE = 100;

interface Kept {
  readonly system: Pick<System, 'reportLost'> & { readonly engine: Pick<System['engine'], 'isRunning'> };
  readonly records: Pick<Records, 'clusterIds' | 'rows' | 'table'>;
}

/**
 * Journal and tables may be of different times: one of them was restored, or has lost its end. A row that is open while no
 * execution works on it would stay open for ever, with a question whose answer does nothing. Its execution is reported as failed,
 * and what closes the row of any other failed execution closes this one.
 * @returns what was found, in a sentence; null where journal and tables agree
 */
export async function reconcile(kept: Kept, most = MOST): Promise<string | null> {
  let reported = 0;
  for (const clusterId of await kept.records.clusterIds()) {
    for await (const rounds of inBatches(openRounds(kept.records.table, clusterId))) {
      for (const row of await orphansAmong(kept, rounds)) {
        if (reported === most) return `${foundInWords(reported)} There are more: the next start closes them.`;
        if (report(kept.system, row)) reported += 1;
      }
    }
  }
  return reported === 0 ? null : foundInWords(reported);
}

type Claimed = JobItem & { readonly claimed_by: string };

const isOpen = (row: JobItem | null): row is Claimed => row?.claimed_by !== undefined && row.closed_at === undefined;

/** Rows of these rounds that are open while no execution works on them. */
async function orphansAmong({ system, records }: Kept, rounds: readonly Round[]): Promise<Claimed[]> {
  const open = (await records.rows(rounds)).filter(isOpen);
  const suspects = open.filter(({ claimed_by }) => !system.engine.isRunning(claimed_by));
  // One that has ended since its row was read has closed it.
  return suspects.length === 0 ? [] : (await records.rows(suspects.map(roundOf))).filter(isOpen);
}

/** @returns false for a row that says too little of its job */
function report(system: Kept['system'], row: Claimed): boolean {
  const detail = claimedJob(row);
  if (detail === null) return false;
  const input = JSON.stringify({ source: COLLECTOR_SOURCE, 'detail-type': 'JobSubmitted', detail });
  system.reportLost(row.claimed_by, input);
  return true;
}

function foundInWords(count: number): string {
  const one = count === 1;
  const jobs = one ? '1 job was open without its execution' : `${count} jobs were open without their executions`;
  const asked = `with what was asked about ${one ? 'it' : 'them'}`;
  return `${jobs}: the journal and the tables are of different times. Closed as failed, ${asked}.`;
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    if (batch.push(item) < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
