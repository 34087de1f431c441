import { describe, expect, it } from 'vitest';
import { catchUp } from '../../../functions/adapters/catch-up.ts';
import { changeEpoch, newestLabels } from '../../../functions/adapters/epochs.ts';
import { foldCluster, rebuild } from '../../../functions/adapters/fold.ts';
import { loadJob } from '../../../functions/adapters/job-store.ts';
import { recordOutcome } from '../../../functions/adapters/outcome-store.ts';
import type { Table } from '../../../functions/adapters/table.ts';
import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import type { Told } from '../../../functions/domain/outcome.ts';
import { restoring } from '../../../functions/domain/recalibration/step.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { seeded } from '../domain/recalibration/simulated.ts';
import {
  Crash,
  calibrationOf,
  configOf,
  decided,
  dyingTable,
  indexed,
  instant,
  ledgerJobs,
  moment,
  T,
} from './fixture.ts';

const dynamo = useTable();
const DAY = 86_400;

/** What happens at one moment of the day; it is tried again a little later when the process that does it dies. */
interface Deed {
  at: number;
  run(table: Table, now: Date): Promise<unknown>;
}

describe('a day with duplicates, reordering and crashes', () => {
  it.each([1])('leaves each label folded once, and a ledger that rebuilds the state, seed %i', async (seed) => {
    const random = seeded(seed);
    const clusterId = `day-${seed}`;
    const config = configOf(clusterId);
    const deeds: Deed[] = [];
    const jobIds = Array.from({ length: 60 }, (_, i) => `job-${i}`);
    for (const jobId of jobIds) {
      // Decisions are recorded at the submission, which is the same for all: only when events come differs.
      await decided(dynamo.table, clusterId, jobId, { executed: random() < 0.1, foldable: true });
      for (const told of eventsOf(random)) {
        for (const late of copies(random)) {
          deeds.push({
            at: (Date.parse(told.at) - moment(0).getTime()) / 1000 + late,
            run: async (table, now) => {
              await recordOutcome(table, { clusterId, jobId }, told, T, now);
              await foldCluster(table, config, now, [jobId]);
            },
          });
        }
      }
    }
    for (let at = 300; at < DAY; at += 3_600) {
      deeds.push({ at, run: (table, now) => catchUp(table, clusterId, `run-${at}`, now) });
    }
    for (const [epoch, by] of [
      [1, 'one'],
      [1, 'another'],
      [2, 'one'],
    ] as const) {
      deeds.push({
        at: 400 * epoch,
        run: async (table, now) => {
          const labels = await newestLabels(table, clusterId, 99, 20);
          await changeEpoch(table, config, restoring(labels, null, { epoch, by }), now);
        },
      });
    }
    await live(deeds, random);
    await catchUp(dynamo.table, clusterId, 'last', moment(2 * DAY));

    const item = await calibrationOf(dynamo.table, clusterId);
    expect((await ledgerJobs(dynamo.table, clusterId)).toSorted()).toEqual(jobIds.toSorted());
    for (const jobId of jobIds) expect((await loadJob(dynamo.table, clusterId, jobId))?.folded_in).toBeGreaterThan(0);
    expect(await indexed(dynamo.table, clusterId)).toEqual([]);
    expect(item.in_flight_statement ?? new Set()).toEqual(new Set());
    expect(deserialise(item.state).epoch).toBe(2);
    const rebuilt = await rebuild(dynamo.table, clusterId);
    expect(rebuilt?.version).toBe(item.version);
    expect(Buffer.from(rebuilt?.state ?? []).equals(Buffer.from(item.state))).toBe(true);
  });
});

/** A start, an end without a start, a cancellation, several of them that contradict each other, or nothing at all. */
function eventsOf(random: () => number): Told[] {
  const at = () => instant(Math.floor(random() * 900));
  const kind = random();
  const start: Told = { type: 'JobStarted', at: at() };
  if (kind < 0.6) return [start, { type: 'JobEnded', at: instant(1_000), endState: 'succeeded' }];
  if (kind < 0.7) return [start, { type: 'JobStarted', at: at() }];
  if (kind < 0.8) return [{ type: 'JobCancelled', at: at() }];
  return kind < 0.9 ? [{ type: 'JobEnded', at: at(), endState: 'failed' }] : [];
}

/** Seconds after the fact at which an event is delivered: once or twice, soon or hours later. */
function copies(random: () => number): number[] {
  const delay = () => Math.floor(random() < 0.8 ? random() * 30 : random() * 20_000);
  return random() < 0.3 ? [delay(), delay()] : [delay()];
}

/** Does everything in its turn, some of it at the same moment; a third of the attempts die at one of their writes. */
async function live(deeds: readonly Deed[], random: () => number): Promise<void> {
  const queue = [...deeds].sort((a, b) => a.at - b.at);
  while (queue.length > 0) {
    const together = queue.splice(0, random() < 0.3 ? 3 : 1);
    await Promise.all(
      together.map(async (deed) => {
        const dies = random() < 0.33;
        const table = dies
          ? dyingTable(dynamo.table, 1 + Math.floor(random() * 5), random() < 0.5 ? 'before' : 'after')
          : dynamo.table;
        try {
          await deed.run(table, moment(deed.at));
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          const again = { ...deed, at: deed.at + 60 };
          queue.splice(
            Math.max(
              0,
              queue.findIndex(({ at }) => at > again.at),
            ),
            0,
            again,
          );
        }
      }),
    );
  }
}
