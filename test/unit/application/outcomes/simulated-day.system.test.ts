import { describe, expect, it } from 'vitest';
import { loadOrCreateCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { catchUpStore } from '../../../../functions/adapters/tables/catch-up-store.ts';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { loadJob, recordDecision } from '../../../../functions/adapters/tables/jobs.ts';
import { ledgerReader } from '../../../../functions/adapters/tables/mend-store.ts';
import { joinOutcomeToRow } from '../../../../functions/adapters/tables/outcomes.ts';
import { epochStore } from '../../../../functions/adapters/tables/recalibration-stores.ts';
import type { Table } from '../../../../functions/adapters/tables/table.ts';
import { catchUp } from '../../../../functions/application/outcomes/catch-up.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { rebuild } from '../../../../functions/application/outcomes/rebuild.ts';
import { changeEpoch } from '../../../../functions/application/recalibration/change-epoch.ts';
import { deserialise } from '../../../../functions/domain/calibration/codec.ts';
import { nothingLearned } from '../../../../functions/domain/forecast/state.ts';
import type { JobFact } from '../../../../functions/domain/outcome.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { seeded } from '../../domain/seeded.ts';
import {
  Crash,
  calibrationOf,
  claim,
  configOf,
  decisionOf,
  dyingTable,
  indexed,
  instant,
  keyOf,
  ledgerJobs,
  ledgerWaits,
  moment,
  OVERDUE,
  release,
  reserve,
  roundOf,
  T,
  taken,
} from './fixture.ts';

const dynamo = useTable();
const DAY = 86_400;

/** What happens at one moment of the day; it is tried again a little later when the process that does it dies. */
interface Deed {
  at: number;
  run(table: Table, now: Date): Promise<unknown>;
}

interface Place {
  item: string;
  when: 'before' | 'after';
}
/** Whatever is written in the life of a job: its row, the ledger, state and reservations. */
const PLACES: readonly Place[] = ['LEDGER', 'CALIBRATION', 'JOB'].flatMap((item): Place[] => [
  { item, when: 'before' },
  { item, when: 'after' },
]);
const placeName = ({ item, when }: Place) => `${item} ${when}`;

/** As Predict does it, crashes in between and all: a decision that an outcome overtook is late and does not teach. */
async function decide(table: Table, clusterId: string, jobId: string, executed: boolean, now: Date): Promise<void> {
  await loadOrCreateCalibration(table, configOf(clusterId), moment(0));
  await claim(table, clusterId, jobId);
  if ((await loadJob(table, roundOf(clusterId, jobId)))?.decision) return;
  const decidedAt = now.toISOString();
  const nothing = { decidedAt, called: 0, tier: 0, cost: 0, executed: false };
  // Some bounds elapse after the label, so that waits go on being folded.
  const { prediction } = decisionOf(clusterId, jobId);
  const open = { prediction: { ...prediction, upperSeconds: 700, upper90Seconds: 500 } };
  const done = executed ? { decidedAt } : ({ ...nothing, next: 'nothing' } as const);
  const decision = decisionOf(clusterId, jobId, { ...open, ...done });
  if (!(await reserve(table, decision))) return;
  if (await recordDecision(table, decision, OVERDUE.toISOString())) return;
  const late = decisionOf(clusterId, jobId, { ...open, ...nothing, next: 'late', foldable: false });
  await recordDecision(table, late, OVERDUE.toISOString());
  const recorded = (await loadJob(table, roundOf(clusterId, jobId)))?.decision;
  if (recorded?.decidedAt !== decision.decidedAt || !recorded.executed) await release(table, decision);
}

describe('a day with duplicates, reordering, late decisions and crashes', () => {
  it.each([1])(
    'leaves each label folded once, and a ledger that rebuilds the state, seed %i',
    { timeout: 120_000 },
    async (seed) => {
      const random = seeded(seed);
      const clusterId = `day-${seed}`;
      const config = configOf(clusterId);
      const deeds: Deed[] = [];
      const jobIds = Array.from({ length: 60 }, (_, i) => `job-${i}`);
      for (const jobId of jobIds) {
        // Most are decided at once, some when their outcome is known already, a few hours late.
        const at = random() < 0.7 ? 0 : random() < 0.7 ? Math.floor(random() * 600) : Math.floor(random() * 20_000);
        const executed = random() < 0.4;
        deeds.push({ at, run: (table, now) => decide(table, clusterId, jobId, executed, now) });
        for (const told of eventsOf(random)) {
          for (const late of copies(random)) {
            deeds.push({
              at: (Date.parse(told.at) - moment(0).getTime()) / 1000 + late,
              run: async (table, now) => {
                await joinOutcomeToRow(table, roundOf(clusterId, jobId), told, T, now);
                await foldCluster(foldStore(table), config, now, [keyOf(jobId)]);
              },
            });
          }
        }
      }
      for (let at = 300; at < DAY; at += 3_600) {
        deeds.push({ at, run: (table, now) => catchUp(catchUpStore(table), clusterId, `run-${at}`, now) });
      }
      for (const [epoch, by] of [
        [1, 'one'],
        [1, 'another'],
        [2, 'one'],
      ] as const) {
        deeds.push({
          at: 400 * epoch,
          run: async (table, now) => {
            await changeEpoch(
              epochStore(table),
              config,
              { epoch, cause: 'rolledBack', by },
              async () => nothingLearned(),
              now,
            );
          },
        });
      }
      const deaths = await live(deeds, random);
      await catchUp(catchUpStore(dynamo.table), clusterId, 'last', moment(2 * DAY));

      const rows = await Promise.all(jobIds.map((jobId) => loadJob(dynamo.table, roundOf(clusterId, jobId))));
      const teaching = rows.filter((row) => row?.decision?.foldable);
      // A day that had none of what it is about would show nothing.
      expect(teaching.length).toBeGreaterThan(jobIds.length / 2);
      expect(rows.filter((row) => row?.decision?.next === 'late').length).toBeGreaterThan(0);
      expect(teaching.filter((row) => row?.decision?.executed).length).toBeGreaterThan(0);
      expect(rows.filter((row) => row?.contradicting !== undefined).length).toBeGreaterThan(0);
      expect(deaths).toEqual(new Set(PLACES.map(placeName)));

      const item = await calibrationOf(dynamo.table, clusterId);
      const folded = teaching.map((row) => row?.job_id ?? '');
      expect((await ledgerJobs(dynamo.table, clusterId)).toSorted()).toEqual(folded.toSorted());
      for (const row of teaching) expect(row?.folded_in).toBeGreaterThan(0);
      const waited = rows.flatMap((row) => (row?.waited_seconds === undefined ? [] : [row.job_id]));
      expect(waited.length).toBeGreaterThan(0);
      expect(new Set(await ledgerWaits(dynamo.table, clusterId))).toEqual(new Set(waited));
      expect(await indexed(dynamo.table, clusterId)).toEqual([]);
      // What died before its record may still be reserved, until the monitor comes by an hour later.
      expect(taken(item).places).toBe(0);
      expect(deserialise(item.state).epoch).toBe(2);
      const rebuilt = await rebuild(ledgerReader(dynamo.table), clusterId);
      expect(rebuilt?.version).toBe(item.version);
      expect(Buffer.from(rebuilt?.state ?? []).equals(Buffer.from(item.state))).toBe(true);
    },
  );
});

/** A start, an end without a start, a cancellation, several of them that contradict each other, or nothing at all. */
function eventsOf(random: () => number): JobFact[] {
  const at = () => instant(Math.floor(random() * 900));
  const kind = random();
  const start: JobFact = { type: 'JobStarted', at: at() };
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

/**
 * Does everything in its turn, some of it at the same moment; a third of the attempts die at one of their writes.
 * @returns what was being written when somebody died, before or after it took effect
 */
async function live(deeds: readonly Deed[], random: () => number): Promise<Set<string>> {
  const deaths = new Set<string>();
  const queue = [...deeds].sort((a, b) => a.at - b.at);
  while (queue.length > 0) {
    const together = queue.splice(0, random() < 0.3 ? 3 : 1);
    await Promise.all(
      together.map(async (deed) => {
        const [dies, pick, k] = [random() < 0.33, random(), 1 + Math.floor(random() * 2)];
        // Where nobody has died yet comes first, so that a day goes through all of them.
        const place = PLACES.find((one) => !deaths.has(placeName(one))) ?? PLACES[Math.floor(pick * PLACES.length)];
        const dying = (where: Place) =>
          dyingTable(dynamo.table, k, where.when, { item: where.item, onDeath: () => deaths.add(placeName(where)) });
        try {
          await deed.run(dies && place ? dying(place) : dynamo.table, moment(deed.at));
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          const again = { ...deed, at: deed.at + 60 };
          const next = queue.findIndex(({ at }) => at > again.at);
          queue.splice(next < 0 ? queue.length : next, 0, again);
        }
      }),
    );
  }
  return deaths;
}
