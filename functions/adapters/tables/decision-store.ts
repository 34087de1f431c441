import type { Job } from '../../../schemas/machines/job-workflow.ts';
import type { DecisionStore, StoredEvidence } from '../../application/decisions/ports.ts';
import { isUnreadable } from '../../application/unreadable.ts';
import { UnreadableState } from '../../domain/calibration/codec.ts';
import { askedBy } from '../../domain/served.ts';
import { askingKey, askPlacesFrom, forgetPlace, takePlace } from './asking.ts';
import { bind } from './bind.ts';
import { calibrationFrom, calibrationKey, closeCalls, giveBack, take } from './calibration.ts';
import { configFrom, configKey } from './config.ts';
import { loadUsage } from './cooldown-and-rate.ts';
import { forecastFor, forecastKeys } from './forecast.ts';
import { jobFrom, loadJob, recordDecision } from './jobs.ts';
import { readTogether } from './read-together.ts';
import { jobKey, type Table } from './table.ts';

async function readEvidence(table: Table, job: Job): Promise<StoredEvidence> {
  const { clusterId } = job;
  const asked = askedBy(job);
  const items = await readTogether(table, [
    configKey(clusterId),
    jobKey(job),
    calibrationKey(clusterId),
    askingKey(clusterId),
    ...forecastKeys(clusterId, asked),
  ]);
  return {
    config: configFrom(items, clusterId),
    row: jobFrom(items, job),
    calibration: orUnreadable(() => calibrationFrom(items, clusterId)),
    forecast: orUnreadable(() => forecastFor(items, clusterId, asked)),
    places: askPlacesFrom(items, clusterId),
  };
}

/** The job is then predicted and escalated instead of left undecided. */
export function orUnreadable<T>(read: () => T): T | 'unreadable' {
  try {
    return read();
  } catch (error) {
    if (!(isUnreadable(error) || error instanceof UnreadableState)) throw error;
    return 'unreadable';
  }
}

export const decisionStore = (table: Table): DecisionStore =>
  bind(table, {
    readEvidence,
    loadJob,
    recordDecision,
    take,
    giveBack,
    closeCalls,
    takePlace,
    forgetPlace,
    loadUsage,
  });
