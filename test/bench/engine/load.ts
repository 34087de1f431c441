import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { BUS_NAME } from '../../../infra/aws/names.ts';
import { COLLECTOR_SOURCE } from '../../../schemas/events/collector.ts';
import type { Subject } from './start-subject.ts';

/** What became of one job: epoch ms. */
export interface Seen {
  sentAt: number;
  decidedAt: number | null;
  /** By the agent alone. */
  executed: boolean;
  status: string | null;
}

const BATCH = 10;
const TICK_MS = 5;

/** Puts jobs on the bus through the stock SDK client, as a collector would, and keeps what became of each. */
export function createLoad(subject: Subject, clusterIds: readonly string[]) {
  const client = new EventBridgeClient({
    endpoint: subject.url,
    region: 'us-east-1',
    credentials: { accessKeyId: subject.accessKeyId, secretAccessKey: subject.secretAccessKey },
  });
  const jobs = new Map<string, Seen>();
  let changed = () => {};
  subject.onDecided((jobId, at, executed) => {
    const job = jobs.get(jobId);
    if (job !== undefined && job.decidedAt === null) Object.assign(job, { decidedAt: at, executed });
    changed();
  });
  subject.onClosed((jobId, status) => {
    const job = jobs.get(jobId);
    if (job !== undefined) job.status = status;
    changed();
  });

  const entry = (jobId: string, index: number) => ({
    EventBusName: BUS_NAME,
    Source: COLLECTOR_SOURCE,
    DetailType: 'JobSubmitted',
    Detail: JSON.stringify({
      ...{ schemaVersion: 1, clusterId: clusterIds[index % clusterIds.length], platform: 'slurm', jobId },
      ...{ submittedAt: new Date().toISOString(), user: 'ada', queue: 'gpu' },
      request: { gpus: 4, cpuMillis: 16_000, memoryGb: 128 },
    }),
  });
  const send = async (count: number): Promise<Seen[]> => {
    const first = jobs.size;
    const ids = Array.from({ length: count }, (_, i) => `job-${first + i}`);
    const sentAt = Date.now();
    const seen = ids.map((jobId): Seen => {
      const job = { sentAt, decidedAt: null, executed: false, status: null };
      jobs.set(jobId, job);
      return job;
    });
    const batches: string[][] = [];
    for (let from = 0; from < count; from += BATCH) batches.push(ids.slice(from, from + BATCH));
    await Promise.all(
      batches.map(async (batch, number) => {
        const Entries = batch.map((jobId, i) => entry(jobId, first + number * BATCH + i));
        const answer = await client.send(new PutEventsCommand({ Entries }));
        if (answer.FailedEntryCount !== 0)
          throw new Error(`the bus refused an event: ${JSON.stringify(answer.Entries)}`);
      }),
    );
    return seen;
  };
  const until = (done: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      changed = () => {
        if (done()) resolve();
      };
      changed();
    });

  return {
    client,
    jobs,
    send,
    until,
    /** Keeps so many jobs open until `count` are closed. */
    async closedLoop(count: number, open: number): Promise<Seen[]> {
      const all: Seen[] = [];
      let sent = 0;
      let failure: unknown;
      const fill = () => {
        // What is on its way to the bus is open as well.
        const closed = all.filter(({ status }) => status !== null).length;
        const missing = Math.min(open - (sent - closed), count - sent);
        if (missing <= 0) return;
        sent += missing;
        void send(missing).then(
          (seen) => void all.push(...seen),
          (error: unknown) => {
            failure = error;
          },
        );
      };
      const timer = setInterval(fill, TICK_MS);
      await until(() => failure !== undefined || (all.length === count && all.every(({ status }) => status !== null)));
      clearInterval(timer);
      if (failure !== undefined) throw failure;
      return all;
    },
    /** Puts jobs at a rate a second whatever becomes of them, and waits until all are closed. */
    async openLoop(count: number, perSecond: number): Promise<Seen[]> {
      const all: Seen[] = [];
      const sending: Promise<unknown>[] = [];
      const start = performance.now();
      let sent = 0;
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          const due = Math.min(count, Math.floor(((performance.now() - start) / 1000) * perSecond)) - sent;
          if (due > 0) {
            sent += due;
            sending.push(send(due).then((seen) => void all.push(...seen)));
          }
          if (sent < count) return;
          clearInterval(timer);
          resolve();
        }, TICK_MS);
      });
      await Promise.all(sending);
      await until(() => all.every(({ status }) => status !== null));
      return all;
    },
    close: () => client.destroy(),
  };
}

export type Load = ReturnType<typeof createLoad>;
