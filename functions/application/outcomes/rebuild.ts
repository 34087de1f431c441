import { applyBatch, birth } from '../../domain/fold-batch.ts';
import { nothingReplayed, type Replayed, replayBatch } from '../../domain/forecast/replay.ts';
import type { LedgerReader } from './ports.ts';

/** What a cluster's ledger yields. */
export interface Rebuilt {
  readonly version: number;
  readonly state: Uint8Array;
  readonly forecast: Replayed;
}

/**
 * Rebuilds the calibration state and the built-in forecast from the ledger alone; equal to the stored bytes at the same version,
 * bit for bit.
 * @returns null for a cluster without a ledger
 * @throws LedgerIncomplete when batches of it are missing
 */
export async function rebuild(store: LedgerReader, clusterId: string): Promise<Rebuilt | null> {
  const forecast = nothingReplayed();
  let version = 0;
  let state: Uint8Array | undefined;
  for await (const batch of store.readLedger(clusterId)) {
    state = (state ? applyBatch(state, batch) : birth(batch.tiers)).state;
    replayBatch(forecast, batch);
    version = batch.version;
  }
  return state ? { version, state, forecast } : null;
}
