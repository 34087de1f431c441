import { listClusters } from '../../../functions/adapters/tables/calibration.ts';
import { loadConfig } from '../../../functions/adapters/tables/config.ts';
import { mendStore } from '../../../functions/adapters/tables/mend-store.ts';
import {
  changeReader,
  promoteRefitStore,
  refitModelStore,
  rollBackRefitStore,
  stateReader,
} from '../../../functions/adapters/tables/recalibration-stores.ts';
import { listRefits, loadRefit } from '../../../functions/adapters/tables/refits.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { mendFromLedger } from '../../../functions/application/outcomes/mend-from-ledger.ts';
import { findChange } from '../../../functions/application/recalibration/change-epoch.ts';
import { loadState } from '../../../functions/application/recalibration/load-state.ts';
import { promoteRefit } from '../../../functions/application/recalibration/promote-refit.ts';
import { refitModel } from '../../../functions/application/recalibration/refit-model.ts';
import { rollBackRefit } from '../../../functions/application/recalibration/roll-back-refit.ts';
import { GATE } from '../../../functions/domain/thresholds.ts';
import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { Refused } from '../refused.ts';
import { mapOfBefore, refitJson, refitLines } from './refit-lines.ts';

/** Nothing was changed. The message says why, and what to do. */
export class RecalibrationRefused extends Refused {
  override name = 'RecalibrationRefused' as const;
}

/** What was found or done: a line each for people, and as data. */
export interface Report {
  readonly lines: readonly string[];
  readonly json: unknown;
}

/** Who changes it, why, and when. */
interface ByHand {
  readonly by: string;
  readonly reason?: string | undefined;
  readonly now: Date;
  /** Puts the change on the bus. */
  readonly publish: (change: CalibrationPromoted) => Promise<void>;
}

/** What is in force on a cluster, and every refit of its forecast. @throws RecalibrationRefused */
export async function show(store: Table, cluster: string): Promise<Report> {
  await mustExist(store, cluster);
  const [{ state }, refits] = await Promise.all([loadState(stateReader(store), cluster), listRefits(store, cluster)]);
  return { lines: refitLines(cluster, state, refits), json: refitJson(cluster, state, refits) };
}

/**
 * Fits the forecast anew on the ledger as it stands and puts that in force, whatever its proof says: a human has read it.
 * Done again within the first 100 labels of the epoch it made, it does nothing: the first time may only have seemed lost.
 * @throws RecalibrationRefused
 */
export async function promoteByHand(store: Table, cluster: string, hand: ByHand): Promise<Report> {
  await mustExist(store, cluster);
  const young = await youngEpoch(store, cluster);
  if (young?.status === 'promoted') return nothingDone(young.words);
  const fitted = await refitModel(refitModelStore(store), cluster);
  if (!fitted.proof) throw new RecalibrationRefused(`No refit can be proven: it ${fitted.reason}.`);
  const { epoch } = fitted;
  const at = { clusterId: cluster, epoch, by: signature(hand.by), unproven: true };
  const { lines, json } = await announced(await promoteRefit(promoteRefitStore(store), at, hand.now), hand);
  const proof = { better: fitted.better, reason: fitted.reason };
  return {
    lines: [`Proof: ${proof.better ? 'better' : 'not better'}; ${proof.reason}`, ...lines],
    json: { ...json, proof },
  };
}

/** Puts what was learned before the epoch in force again. Done twice in a row, it does nothing the second time. */
export async function rollBackByHand(store: Table, cluster: string, hand: ByHand): Promise<Report> {
  await mustExist(store, cluster);
  const { state } = await loadState(stateReader(store), cluster);
  const change = state.epoch === 0 ? null : await findChange(changeReader(store), cluster, state.epoch);
  if (!change) {
    throw new RecalibrationRefused(`Nothing was ever refitted on ${cluster}: there is nothing to roll back.`);
  }
  if (change.before === undefined) throw new RecalibrationRefused(mapOfBefore(state.epoch));
  const young = await youngEpoch(store, cluster);
  if (young?.status === 'restored') return nothingDone(young.words);
  const reason = hand.reason ?? 'rolled back by hand';
  const by = signature(hand.by);
  const at = { clusterId: cluster, epoch: state.epoch, reason, by };
  return announced(await rollBackRefit(rollBackRefitStore(store), at, hand.now), hand);
}

/** Replaces the stored state, which may be unreadable, with the one that the ledger gives. */
export async function rebuildByHand(store: Table, cluster: string): Promise<Report> {
  await mustExist(store, cluster);
  const { platform } = await loadConfig(store, cluster);
  const { outcome, version } = await mendFromLedger(mendStore(store), { clusterId: cluster, platform });
  const json = { done: outcome === 'mended', outcome, version };
  switch (outcome) {
    case 'mended':
      return {
        lines: [
          `${cluster} has the state that its ledger gives after ${version} batches; the next job is decided on it`,
        ],
        json,
      };
    case 'same':
      return {
        lines: [`Nothing done: the stored state is what the ledger gives after ${version} batches, bit for bit`],
        json,
      };
    case 'overtaken':
      return {
        lines: ['Nothing done: outcomes were folded or tokens reserved at the same moment. Try again'],
        json,
      };
    case 'noLedger':
      throw new RecalibrationRefused(`${cluster} has no ledger to rebuild from.`);
  }
}

/** An epoch in its first 100 labels, and how it began. */
async function youngEpoch(store: Table, cluster: string) {
  const { state } = await loadState(stateReader(store), cluster);
  const refit = state.epoch === 0 ? null : await loadRefit(store, cluster, state.epoch);
  if (!refit || state.sinceEpoch >= GATE.promotedLabels) return null;
  const words = `epoch ${state.epoch} was ${refit.status} by ${refit.by} ${state.sinceEpoch} labels ago`;
  return { status: refit.status, words };
}

function nothingDone(reason: string): Report {
  return { lines: [`Nothing done: ${reason}`], json: { done: false, reason } };
}

interface Announced extends Report {
  readonly json: object;
}

/** Puts a change on the bus. One that the bus does not take is in force all the same. */
async function announced(change: CalibrationPromoted | null, { publish }: ByHand): Promise<Announced> {
  if (!change) {
    const reason = 'somebody else has changed the epoch at the same moment';
    return { lines: [`Nothing done: ${reason}; look again with --show`], json: { done: false, reason } };
  }
  const { epoch, eceBefore, eceAfter, n } = change;
  const ece = `served ECE ${eceBefore.toFixed(4)} → ${eceAfter.toFixed(4)} over ${n} labels`;
  const inForce = `Epoch ${epoch} is in force: ${ece}; at most notify for ${GATE.promotedLabels} labels`;
  try {
    await publish(change);
    return { lines: [inForce], json: { done: true, change, published: true } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      lines: [inForce, `The change could not be put on the bus: ${why}`],
      json: { done: true, change, published: false },
    };
  }
}

async function mustExist(store: Table, cluster: string): Promise<void> {
  const clusters = await listClusters(store);
  if (clusters.includes(cluster)) return;
  throw new RecalibrationRefused(`There is no cluster ${cluster}: use one of ${clusters.join(', ') || '(none yet)'}.`);
}

const signature = (name: string) => `${name} (by hand)`;
