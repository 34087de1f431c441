import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { BUS_NAME } from '../../../infra/aws/names.ts';
import { COLLECTOR_SOURCE } from '../../../schemas/events/collector.ts';
import { createJobs, type Told } from './jobs.ts';
import { createPeople } from './people.ts';
import type { World } from './world.ts';

const EVERY_MS = 300;
/** Of the events, the share that is an earlier one again. */
const REPEATED = 0.15;
const CLICKS = 0.4;

/** Where a system listens that is up. */
export interface Target {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type Load = ReturnType<typeof createLoad>;

/** Collectors and people: whatever happens to a job is told, some of it twice, and cards are clicked. */
export function createLoad(world: World, random: () => number) {
  const jobs = createJobs(random);
  const people = createPeople(world, random);
  /** Sent to a system that did not live to answer; a collector sends it again. */
  const unanswered: Told[] = [];

  const put = async (client: EventBridgeClient, event: Told): Promise<void> => {
    const Detail = JSON.stringify(event.detail);
    const entry = { EventBusName: BUS_NAME, Source: COLLECTOR_SOURCE, DetailType: event.type, Detail };
    try {
      const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries: [entry] }));
      if (FailedEntryCount === 0) event.accepted = true;
    } catch {
      // Killed before it answered: the event may be there or not.
      unanswered.push(event);
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
  const nextEvent = (): Told => {
    const again = unanswered.shift() ?? (random() < REPEATED ? jobs.any() : undefined);
    return again ?? jobs.next() ?? jobs.submit();
  };

  return {
    clicks: () => ({ made: people.counts.made, heard: people.heard }),
    events: () => jobs.archive.length,
    submitted: () =>
      jobs.archive.filter(({ type, accepted }) => type === 'JobSubmitted' && accepted).map(({ jobId }) => jobId),
    /** Until it is over, at a system that may die meanwhile. */
    run: (target: Target, over: () => boolean) =>
      withClient(target, async (client) => {
        const sending: (Promise<void> | undefined)[] = [];
        while (!over()) {
          sending.push(put(client, nextEvent()));
          if (random() < CLICKS) sending.push(people.act(target.url));
          await sleep(EVERY_MS);
        }
        await Promise.all(sending);
      }),
    /** Lets every job end, and tells all that was not accepted yet. */
    finish: (target: Target) =>
      withClient(target, async (client) => {
        while (jobs.isLive()) jobs.next() ?? (await sleep(EVERY_MS));
        for (const event of jobs.archive) while (!event.accepted) await put(client, event);
      }),
    /** The whole archive once more. */
    replay: (target: Target) =>
      withClient(target, async (client) => {
        for (const event of jobs.archive) await put(client, event);
      }),
  };
}
