/**
 * The system that is killed, in a process of its own. Its settings are the first argument; it says where it listens
 * once it does, and whoever started it makes the load.
 */
import { saveFold } from '../../../functions/adapters/calibration-store.ts';
import { putBatch } from '../../../functions/adapters/ledger-store.ts';
import type { Table } from '../../../functions/adapters/table.ts';
import { applyBatch, birth } from '../../../functions/domain/fold-batch.ts';
import { applyClusters } from '../../../infra/commands/apply-clusters.ts';
import { realClock } from '../../../infra/embedded/clock/clock.ts';
import { Records } from '../../../infra/embedded/console/records.ts';
import { startSystem } from '../../../infra/embedded/system.ts';
import { TABLE_NAME } from '../../../infra/names.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import { VictimSettings } from './settings.ts';

const settings = VictimSettings.parse(JSON.parse(process.argv[2] ?? '{}'));
const KEY = 'crash/scheduler';
const LABELS = 400;

const configured = (clusterId: string): ClusterConfig =>
  ClusterConfig.parse({
    ...{ clusterId, platform: 'slurm', dryRun: false, vgac: { riskScoreIsProbability: true } },
    scheduler: { kind: 'simulated', endpoint: settings.worldUrl, secret: KEY },
    actions: { annotate: { action: 'annotate' } },
    budgets: { statement: { tokens: 1000, cap: 1000, perDay: 1, inFlight: 100 } },
  });

/** A past in which the predictor was right, so that the agent may act alone. */
async function earnAutonomy(table: Table, { clusterId, budgets }: ClusterConfig, now: Date): Promise<void> {
  const seconds = now.getTime() / 1000;
  const entries = Array.from({ length: LABELS }, (_, index): LedgerEntry => {
    const longWait = index % 10 === 0;
    const p = longWait ? 0.97 : 0.02;
    const submittedAt = seconds - (LABELS - index) * 60 - 600;
    return {
      ...{ jobId: `past-${index}`, decisionId: `dec_past${index}`, submittedAt, labelAt: submittedAt + 30 },
      ...{ kind: 'statement', p, q: p, executed: false, intervened: false, harmed: false, longWait },
      ...{ predictedWaitSeconds: 10, waitSeconds: longWait ? 600 : 10, epoch: 0 },
    };
  });
  const batch = await putBatch(table, clusterId, { version: 1, folded_at: now.toISOString(), budgets, entries });
  await saveFold(table, clusterId, 0, applyBatch(birth(budgets).state, batch), []);
}

const system = await startSystem({
  ...{ assemblyDir: settings.assemblyDir, dataDir: settings.dataDir, port: 0, clock: realClock(), maxThreads: 1 },
  environment: { VGAC_API_BASE_URL: settings.worldUrl },
  secrets: { [KEY]: 'key' },
  log: (message) => process.send?.({ kind: 'log', message }),
});
if (settings.first) {
  const records = new Records({ endpoint: system.url, credentials: system.credentials, tableName: TABLE_NAME });
  const clusters = settings.clusterIds.map(configured);
  const now = new Date();
  await applyClusters(records.table, clusters, now);
  for (const cluster of clusters) await earnAutonomy(records.table, cluster, now);
}
const open = () => system.engine.list({ status: 'RUNNING' }).length;
const telling = setInterval(() => process.send?.({ kind: 'open', open: open() }), 200);
process.on('disconnect', () => {
  clearInterval(telling);
  process.exit();
});
process.send?.({ kind: 'ready', url: system.url, ...system.credentials });
