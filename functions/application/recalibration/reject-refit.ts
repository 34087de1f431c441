import type * as z from 'zod';
import type { RejectRefitInput } from '../../../schemas/machines/recalibration.ts';
import type { RejectRefitStore } from './ports.ts';

/** Stores an attempt that was not better, so that people see why and the next one waits for more labels. */
export async function rejectRefit(
  store: RejectRefitStore,
  attempt: z.infer<typeof RejectRefitInput>,
  now: Date,
): Promise<void> {
  const { clusterId, epoch, version, afterLabels, by, reason, proof } = attempt;
  await store.saveRefit(clusterId, {
    epoch: epoch + 1,
    status: 'rejected',
    proof,
    reason,
    by,
    version,
    at: now.toISOString(),
    after_labels: afterLabels,
  });
}
