import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { ForecastItem } from '../../../schemas/items/forecast.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import { applyBatch } from '../../domain/fold-batch.ts';
import type { Batch } from '../../domain/next-batch.ts';
import { markBatch } from './mark-batch.ts';
import { moveForecast } from './move-forecast.ts';
import type { BatchStore } from './ports.ts';

/**
 * Moves a cluster from its version to the next, by our batch or by one that another folder wrote first.
 *
 * Any number of folders may run at once, and any of them may die after any line. This is safe because the content of batch v+1 is
 * decided by one put-if-absent, the state moves from v to v+1 by one compare-and-set, and nobody looks for the candidates of v+1
 * before every row of v is marked.
 *
 * @param read rows of the rounds in the batch, and the forecast, as far as they were read before; the rest is loaded
 * @returns the batch in the ledger, and whether this call moved the state
 */
export async function applyNextBatch(
  store: BatchStore,
  item: CalibrationItem,
  wish: Batch,
  read: { rows?: readonly JobItem[]; forecast?: ForecastItem | null } = {},
): Promise<{ saved: boolean; batch: LedgerItem }> {
  const { cluster_id: clusterId, version } = item;
  const batch = await store.putBatch(clusterId, wish);
  await moveForecast(store, clusterId, batch, read.forecast);
  const saved = await store.saveFold(clusterId, version, applyBatch(item.state, batch), batch);
  if (saved) await markBatch(store, clusterId, batch, read.rows);
  return { saved, batch };
}
