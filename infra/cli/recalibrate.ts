import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { emit } from '../../functions/adapters/aws/event-bus.ts';
import { findChange, loadState } from '../../functions/adapters/epochs.ts';
import { mendFromLedger } from '../../functions/adapters/mend.ts';
import { promoteRefit, refitModel, rollBackRefit } from '../../functions/adapters/recalibrate.ts';
import { listClusters } from '../../functions/adapters/tables/calibration.ts';
import { loadConfig } from '../../functions/adapters/tables/config.ts';
import { listRefits, loadRefit } from '../../functions/adapters/tables/refits.ts';
import { type Table, table } from '../../functions/adapters/tables/table.ts';
import { isUnreadable, OtherLayout } from '../../functions/application/unreadable.ts';
import { UnreadableState } from '../../functions/domain/calibration/codec.ts';
import { GATE } from '../../functions/domain/thresholds.ts';
import type { CalibrationPromoted } from '../../schemas/events/emitted.ts';
import { Text } from '../../schemas/primitives.ts';
import { mapOfBefore, refitLines } from './refit-lines.ts';
import { onTable, type TableOptions, withTableOptions } from './table-options.ts';

/** Nothing was changed. The message says why, and what to do. */
export class RecalibrationRefused extends Error {
  override name = 'RecalibrationRefused' as const;
}

interface ByHand {
  readonly by: string;
  readonly reason?: string | undefined;
  readonly now: Date;
  /** Puts the change on the bus. */
  readonly tell: (change: CalibrationPromoted) => Promise<void>;
}

/** What is known of the refits of a cluster's forecast, as lines. @throws RecalibrationRefused */
export async function show(store: Table, cluster: string): Promise<string[]> {
  await known(store, cluster);
  const [{ state }, refits] = await Promise.all([loadState(store, cluster), listRefits(store, cluster)]);
  return refitLines(cluster, state, refits);
}

/**
 * Fits the forecast anew on the ledger as it stands and puts that in force, whatever its proof says: a human has read it.
 * Done again within the first 100 labels of the epoch it made, it does nothing: the first time may only have seemed lost.
 * @throws RecalibrationRefused
 */
export async function promoteByHand(store: Table, cluster: string, hand: ByHand): Promise<string[]> {
  await known(store, cluster);
  const young = await youngEpoch(store, cluster);
  if (young?.status === 'promoted') return [`Nothing done: ${young.words}`];
  const fitted = await refitModel(store, cluster);
  if (!fitted.proof) throw new RecalibrationRefused(`no refit can be proven: it ${fitted.reason}`);
  const { epoch } = fitted;
  const at = { clusterId: cluster, epoch, by: signature(hand.by), unproven: true };
  const change = await promoteRefit(store, at, hand.now);
  return [`Proof: ${fitted.better ? 'better' : 'not better'}; ${fitted.reason}`, ...(await told(change, hand))];
}

/** Puts what was learned before the epoch in force again. Done twice in a row, it does nothing the second time. */
export async function rollBackByHand(store: Table, cluster: string, hand: ByHand): Promise<string[]> {
  await known(store, cluster);
  const { state } = await loadState(store, cluster);
  const change = state.epoch === 0 ? null : await findChange(store, cluster, state.epoch);
  if (!change) throw new RecalibrationRefused(`nothing was ever refitted on ${cluster}: there is nothing to roll back`);
  if (change.before === undefined) throw new RecalibrationRefused(mapOfBefore(state.epoch));
  const young = await youngEpoch(store, cluster);
  if (young?.status === 'restored') return [`Nothing done: ${young.words}`];
  const reason = hand.reason ?? 'rolled back by hand';
  const by = signature(hand.by);
  return told(await rollBackRefit(store, { clusterId: cluster, epoch: state.epoch, reason, by }, hand.now), hand);
}

/** Puts the state that the ledger gives in the place of the stored one, which may be unreadable. */
export async function rebuildByHand(store: Table, cluster: string): Promise<string[]> {
  await known(store, cluster);
  const { platform } = await loadConfig(store, cluster, 'kubernetes');
  const { outcome, version } = await mendFromLedger(store, { clusterId: cluster, platform });
  switch (outcome) {
    case 'mended':
      return [`${cluster} has the state that its ledger gives after ${version} batches; the next job is decided on it`];
    case 'same':
      return [`Nothing done: the stored state is what the ledger gives after ${version} batches, bit for bit`];
    case 'overtaken':
      return ['Nothing done: outcomes were folded or tokens reserved at the same moment. Try again'];
    case 'noLedger':
      throw new RecalibrationRefused(`${cluster} has no ledger to rebuild from`);
  }
}

/** An epoch in its first 100 labels, and how it began. */
async function youngEpoch(store: Table, cluster: string) {
  const { state } = await loadState(store, cluster);
  const refit = state.epoch === 0 ? null : await loadRefit(store, cluster, state.epoch);
  if (!refit || state.sinceEpoch >= GATE.promotedLabels) return null;
  const words = `epoch ${state.epoch} was ${refit.status} by ${refit.by} ${state.sinceEpoch} labels ago`;
  return { status: refit.status, words };
}

async function told(change: CalibrationPromoted | null, { tell }: ByHand): Promise<string[]> {
  if (!change) return ['Nothing done: somebody else has changed the epoch at the same moment; look again with --show'];
  const { epoch, eceBefore, eceAfter, n } = change;
  const ece = `served ECE ${eceBefore.toFixed(4)} → ${eceAfter.toFixed(4)} over ${n} labels`;
  const lines = [`Epoch ${epoch} is in force: ${ece}; at most notify for ${GATE.promotedLabels} labels`];
  try {
    await tell(change);
  } catch (error) {
    lines.push(`The bus was not told: ${error instanceof Error ? error.message : String(error)}`);
  }
  return lines;
}

async function known(store: Table, cluster: string): Promise<void> {
  const clusters = await listClusters(store);
  if (clusters.includes(cluster)) return;
  throw new RecalibrationRefused(`there is no cluster ${cluster}: use one of ${clusters.join(', ') || '(none yet)'}`);
}

const signature = (name: string) => `${name} (by hand)`;

function words(value: string): string {
  const parsed = Text.safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError('use 1 to 256 visible characters');
  return parsed.data;
}

interface RecalibrateOptions extends TableOptions {
  by: string;
  bus: string;
  reason?: string;
  promote?: boolean;
  rebuild?: boolean;
  rollBack?: boolean;
}

async function run(cluster: string, options: RecalibrateOptions): Promise<string[]> {
  if ([options.promote, options.rollBack, options.rebuild].filter(Boolean).length > 1)
    throw new RecalibrationRefused('use one of --promote, --roll-back and --rebuild');
  const store = table(onTable(options));
  return options.rebuild ? rebuildByHand(store, cluster) : changeOrShow(store, cluster, options).catch(unreadable);
}

/** What an operator can do about a cluster that cannot be read is known; a stack would not say it. */
function unreadable(error: unknown): never {
  if (!(isUnreadable(error) || error instanceof UnreadableState)) throw error;
  throw new RecalibrationRefused(`${error.name}: ${error.message}; --rebuild mends a broken calibration`);
}

function changeOrShow(store: Table, cluster: string, options: RecalibrateOptions): Promise<string[]> {
  const hand: ByHand = {
    by: options.by,
    reason: options.reason,
    now: new Date(),
    tell: (change) => emit(options.bus, 'CalibrationPromoted', change),
  };
  if (options.promote) return promoteByHand(store, cluster, hand);
  return options.rollBack ? rollBackByHand(store, cluster, hand) : show(store, cluster);
}

if (import.meta.main) {
  const command = withTableOptions(new Command('recalibrate'))
    .description(
      'Shows the refits of the built-in forecast of a cluster with their proofs; promotes one or rolls back by hand.',
    )
    .argument('<cluster>', 'cluster id')
    .option('--show', 'what is in force, and every refit with its proof (the default)')
    .option('--promote', 'fit the forecast anew on the ledger as it stands and put that in force')
    .option('--roll-back', 'put what was learned before in force again')
    .option('--rebuild', 'put the state that the ledger gives in the place of the stored one')
    .option('--reason <text>', 'why it is rolled back', words)
    .option('--by <name>', 'who', words, userInfo().username)
    .option('--bus <name>', 'bus that is told', process.env.EVENT_BUS_NAME ?? 'vgac')
    .action(async (cluster: string, options: RecalibrateOptions) =>
      console.log((await run(cluster, options)).join('\n')),
    );
  await command.parseAsync().catch((error: unknown) => {
    if (!(error instanceof RecalibrationRefused || error instanceof OtherLayout)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}
