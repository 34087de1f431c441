import * as z from 'zod';
import { type Departure, labelRow } from './label.ts';
import { devicesIn } from './quantity.ts';
import type { Reading, Reads } from './reading.ts';
import type { Row } from './row.ts';

const Requests = z.record(z.string(), z.union([z.string(), z.number()])).catch({});
const Container = z.object({
  resources: z.object({ requests: Requests.optional(), limits: Requests.optional() }).catch({}).optional(),
});
const PodSet = z.object({
  count: z.number().catch(1).default(1),
  template: z
    .object({
      spec: z.object({ containers: z.array(Container).default([]), initContainers: z.array(Container).default([]) }),
    })
    .optional(),
});
const Condition = z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string().optional() });

/** What a history needs of a Kueue workload (v1beta1, v1beta2). */
export const KueueWorkload = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().nullish(),
  }),
  spec: z
    .object({ queueName: z.string().nullish(), podSets: z.array(PodSet).catch([]).default([]) })
    .nullish()
    .transform((spec) => spec ?? { podSets: [] }),
  status: z
    .object({
      conditions: z.array(Condition).nullish(),
      admissionChecks: z.array(z.unknown()).nullish(),
      admission: z.object({ clusterQueue: z.string().optional() }).nullish(),
    })
    .nullish()
    .transform((status) => status ?? {}),
});
type KueueWorkload = z.infer<typeof KueueWorkload>;

/**
 * Fills a row from a workload, which starts when it is admitted. An evicted workload waits again: conditions only record their
 * last change, so what remains is its last round, from when it was requeued.
 */
export function readWorkload(workload: KueueWorkload, row: Row, { longWaitSeconds, end, times }: Reads): Reading {
  const { metadata, spec, status } = workload;
  const conditions = new Map((status.conditions ?? []).map((condition) => [condition.type, condition]));
  const isTrue = (type: string): boolean => conditions.get(type)?.status === 'True';
  const since = (type: string): number => {
    const text = conditions.get(type)?.lastTransitionTime;
    return text === undefined ? Number.NaN : times.readText(text);
  };
  for (const { type } of conditions.values()) end.see(since(type));

  const created = times.readText(metadata.creationTimestamp);
  if (Number.isNaN(created)) return `creationTimestamp "${metadata.creationTimestamp}" ${times.fault}`;
  const decides =
    conditions.has('Admitted') || (status.admissionChecks ?? []).length > 0 ? 'Admitted' : 'QuotaReserved';
  const admitted = isTrue(decides) ? since(decides) : Number.NaN;
  if (isTrue(decides) && Number.isNaN(admitted)) return `condition ${decides} has no lastTransitionTime`;
  // Evicted turns False when quota is reserved again; Requeued is when the wait began again.
  const evicted = conditions.has('Evicted') || isTrue('Requeued');
  const requeued = isTrue('Requeued') ? since('Requeued') : isTrue('Evicted') ? since('Evicted') : Number.NaN;
  if (evicted && Number.isNaN(requeued)) return 'it was evicted, and the file does not say when it was requeued';

  row.submittedAt = evicted ? Math.max(created, requeued) : created;
  row.id.rename(metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`);
  row.queue = spec.queueName ?? status.admission?.clusterQueue ?? '';
  row.platform = 'kubernetes';
  row.clusterId = '';
  size(spec.podSets, row);
  row.waitSeconds = admitted >= row.submittedAt ? admitted - row.submittedAt : Number.NaN;
  const finished = isTrue('Finished') ? since('Finished') : Number.NaN;
  row.runSeconds = row.started && finished >= admitted ? finished - admitted : Number.NaN;
  const deleted = metadata.deletionTimestamp ? times.readText(metadata.deletionTimestamp) : Number.NaN;
  const departure: Departure = !Number.isNaN(finished) ? 'ended' : Number.isNaN(deleted) ? 'waiting' : 'cancelled';
  row.leftAt = row.started ? Number.NaN : departure === 'ended' ? finished : deleted;
  end.see(row.submittedAt);
  const needsEnd = !row.started && departure === 'waiting';
  labelRow(row, departure, longWaitSeconds, needsEnd ? end.need() : end.at);
  return null;
}

function size(podSets: readonly z.infer<typeof PodSet>[], row: Row): void {
  row.gpus = podSets.length === 0 ? Number.NaN : 0;
  row.procs = row.gpus;
  for (const { count, template } of podSets) {
    const { containers = [], initContainers = [] } = template?.spec ?? {};
    const own = containers.map(ofContainer);
    const first = initContainers.map(ofContainer);
    const most = (key: 'gpus' | 'procs'): number =>
      Math.max(
        own.reduce((sum, one) => sum + one[key], 0),
        ...first.map((one) => one[key]),
      );
    row.gpus += count * most('gpus');
    row.procs += count * most('procs');
  }
}

/** A limit without a request counts as the request. */
function ofContainer({ resources }: z.infer<typeof Container>): { gpus: number; procs: number } {
  return devicesIn({ ...resources?.limits, ...resources?.requests });
}
