import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { BUS_NAME } from '../../../infra/names.ts';
import { COLLECTOR_SOURCE } from '../../../schemas/events/collector.ts';
import { APPROVERS, CLUSTERS, LONG_WAIT_SECONDS, OWNER } from './settings.ts';
import { signedClick } from './signed-click.ts';
import { risk, type World } from './world.ts';

const EVERY_MS = 500;
/** Of the events, the share that is an earlier one again. */
const REPEATED = 0.15;
const CLICKS = 0.3;
/** Those who may answer, and those who try. */
const PEOPLE = [...APPROVERS, OWNER, 'U02STRANGER'];
const SHORT_MS = 2000;

interface Told {
  readonly type: 'JobSubmitted' | 'JobStarted';
  readonly jobId: string;
  readonly detail: object;
  /** The system has said that it has it. */
  accepted: boolean;
}

/** Where a system listens that is up. */
export interface Target {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type Load = ReturnType<typeof createLoad>;

/** Collectors and people: jobs are submitted and start, events come twice, cards are clicked by whoever may and may not. */
export function createLoad(world: World, random: () => number) {
  const archive: Told[] = [];
  /** Jobs that will start at a time, epoch ms. */
  const pending: { jobId: string; at: number }[] = [];
  const clicks = { made: 0, answered: 0 };

  const clusterOf = (jobId: string) => CLUSTERS[Number(jobId.split('-')[1]) % CLUSTERS.length];
  const submit = (): Told => {
    const jobId = `job-${archive.filter(({ type }) => type === 'JobSubmitted').length}`;
    const now = Date.now();
    pending.push({ jobId, at: now + (random() < risk(jobId) ? (LONG_WAIT_SECONDS + 2) * 1000 : SHORT_MS) });
    const request = { gpus: 4, cpuMillis: 16_000, memoryGb: 128 };
    const more = { platform: 'slurm', submittedAt: new Date(now).toISOString(), user: 'ada', queue: 'gpu', request };
    return told('JobSubmitted', jobId, more);
  };
  const begin = (): Told | undefined => {
    const index = pending.findIndex(({ at }) => at <= Date.now());
    const [due] = index === -1 ? [] : pending.splice(index, 1);
    return due && told('JobStarted', due.jobId, { startedAt: new Date(due.at).toISOString() });
  };
  const told = (type: Told['type'], jobId: string, more: object): Told => {
    const detail = { schemaVersion: 1, clusterId: clusterOf(jobId), jobId, ...more };
    const event = { type, jobId, detail, accepted: false };
    archive.push(event);
    return event;
  };
  const again = () => archive[Math.floor(random() * archive.length)];

  const put = async (client: EventBridgeClient, event: Told): Promise<void> => {
    const Detail = JSON.stringify(event.detail);
    const entry = { EventBusName: BUS_NAME, Source: COLLECTOR_SOURCE, DetailType: event.type, Detail };
    try {
      const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries: [entry] }));
      if (FailedEntryCount === 0) event.accepted = true;
    } catch {
      // Killed before it answered: the event may be there or not.
    }
  };
  const press = async ({ url }: Target, approvalId: string, user: string): Promise<void> => {
    const { body, headers } = signedClick(approvalId, user);
    clicks.made += 1;
    try {
      const answer = await fetch(`${url}/slack/interactions`, { method: 'POST', body, headers });
      if (answer.ok) clicks.answered += 1;
    } catch {
      // As above; people click again.
    }
  };
  const withClient = async <T>(target: Target, work: (client: EventBridgeClient) => Promise<T>): Promise<T> => {
    const { url: endpoint, ...credentials } = target;
    const client = new EventBridgeClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  };

  return {
    clicks,
    events: () => archive.length,
    submitted: () =>
      archive.filter(({ type, accepted }) => type === 'JobSubmitted' && accepted).map(({ jobId }) => jobId),
    /** Until it is over, at a system that may die meanwhile. */
    run: (target: Target, over: () => boolean) =>
      withClient(target, async (client) => {
        const sending: Promise<void>[] = [];
        while (!over()) {
          const event = (random() < REPEATED ? again() : begin()) ?? submit();
          sending.push(put(client, event));
          const card = [...world.cards].at(-1 - Math.floor(random() * 5));
          const user = PEOPLE[Math.floor(random() * PEOPLE.length)];
          if (card !== undefined && user !== undefined && random() < CLICKS) sending.push(press(target, card, user));
          await sleep(EVERY_MS);
        }
        await Promise.all(sending);
      }),
    /** Tells all that was not accepted yet, and the start of every job. */
    finish: (target: Target) =>
      withClient(target, async (client) => {
        while (pending.length > 0) begin() ?? (await sleep(EVERY_MS));
        for (const event of archive) while (!event.accepted) await put(client, event);
      }),
    /** The whole archive once more. */
    replay: (target: Target) =>
      withClient(target, async (client) => {
        for (const event of archive) await put(client, event);
      }),
  };
}
