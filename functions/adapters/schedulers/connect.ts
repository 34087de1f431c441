import type { ClusterConfig } from '../../../schemas/config.ts';
import {
  type Scheduler,
  SchedulerMalformed,
  SchedulerRefused,
  SchedulerUnavailable,
} from '../../application/decisions/scheduler.ts';
import { EFFECTS } from '../../domain/thresholds.ts';
import { type HttpSettings, jsonClient } from '../http/json-client.ts';
import { dryRunScheduler } from './dry-run.ts';
import { simulatedScheduler } from './simulated.ts';

/** What the endpoint's statuses mean, worded for a card. */
const REFUSALS = new Map<number | null, string>([
  [404, 'the scheduler does not know this job or cluster'],
  [409, 'the job has left the queue, or the change no longer fits it'],
  [422, 'the scheduler cannot do this: no such queue, or the job does not fit there'],
]);

/** `key` is the value of the secret that `config.scheduler.secret` names. */
export type SchedulerSettings = Omit<HttpSettings, 'baseUrl' | 'apiKey'> & { readonly key: string | null };

/**
 * The scheduler of one cluster. Dry run overrides everything: in dry run, or without a scheduler, nothing is touched.
 * @throws SchedulerRefused when a scheduler is configured without an endpoint, or with an invalid one
 */
export function connectScheduler(
  config: Pick<ClusterConfig, 'clusterId' | 'dryRun' | 'scheduler'>,
  { key, ...http }: SchedulerSettings,
): Scheduler {
  const { kind, endpoint } = config.scheduler;
  if (config.dryRun || kind === 'none') return dryRunScheduler();
  if (endpoint === undefined)
    throw new SchedulerRefused(`cluster ${config.clusterId} has a scheduler without an endpoint`);
  const call = jsonClient(
    { totalSeconds: EFFECTS.callSeconds, ...http, baseUrl: endpoint, apiKey: key },
    {
      unavailable: (message, cause) => new SchedulerUnavailable(`scheduler ${message}`, { cause }),
      refused: (message, status) => new SchedulerRefused(REFUSALS.get(status) ?? `scheduler ${message}`),
      malformed: (message) => new SchedulerMalformed(`scheduler ${message}`),
    },
  );
  return simulatedScheduler(call, config.clusterId);
}
