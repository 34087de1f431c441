/**
 * The system that is killed, in a process of its own. Its settings are the first argument. It has loaded its code when
 * it is told to start; it says where it listens once it does, and whoever started it makes the load.
 */
import { once } from 'node:events';
import { saveFold } from '../../../functions/adapters/calibration-store.ts';
import { putBatch } from '../../../functions/adapters/ledger-store.ts';
import type { Table } from '../../../functions/adapters/table.ts';
import { applyBatch, birth } from '../../../functions/domain/fold-batch.ts';
import { applyClusters } from '../../../infra/commands/apply-clusters.ts';
import { realClock } from '../../../infra/embedded/clock/clock.ts';
import { Records } from '../../../infra/embedded/console/records.ts';
import { startSystem } from '../../../infra/embedded/system.ts';
import { secretNames, TABLE_NAME } from '../../../infra/names.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import { APPROVERS, ASKED, CLUSTERS, LONG_WAIT_SECONDS, OWNER, SIGNING_SECRET, VictimSettings } from './settings.ts';

const settings = VictimSettings.parse(JSON.parse(process.argv[2] ?? '{}'));
const names = secretNames('local');
const KEY = names.anyScheduler.replace('*', 'crash');
const LABELS = 400;
const TELL_EVERY_MS = 500;

const configured = (clusterId: string): ClusterConfig =>
  ClusterConfig.parse({
    ...{ clusterId, platform: 'slurm', dryRun: false, vgac: { riskScoreIsProbability: true } },
    longWaitSeconds: LONG_WAIT_SECONDS,
    scheduler: { kind: 'simulated', endpoint: settings.worldUrl, secret: KEY },
    ...(clusterId === ASKED
      ? { actions: { suggest: [{ action: 'adjust-priority', target: '+100' }] } }
      : { actions: { annotate: { action: 'annotate' } } }),
    ...{ approvers: { suggest: APPROVERS }, users: { ada: OWNER }, approvalTtlSeconds: 20 },
    limits: { cooldownMinutes: 0, actionsPerHour: 1000 },
    budgets: { statement: { inFlight: 100 } },
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

process.on('disconnect', () => process.exit());
await once(process, 'message');
const system = await startSystem({
  ...{ assemblyDir: settings.assemblyDir, dataDir: settings.dataDir, port: 0, clock: realClock(), maxThreads: 1 },
  environment: { VGAC_API_BASE_URL: settings.worldUrl, SLACK_API_BASE_URL: `${settings.worldUrl}/slack` },
  secrets: { [KEY]: 'key', [names.slackBotToken]: 'xoxb-crash', [names.slackSigningSecret]: SIGNING_SECRET },
  log: (message) => process.send?.({ kind: 'log', message }),
});
const records = new Records({ endpoint: system.url, credentials: system.credentials, tableName: TABLE_NAME });
if (settings.first) {
  const clusters = CLUSTERS.map(configured);
  const now = new Date();
  await applyClusters(records.table, clusters, now);
  for (const cluster of clusters) if (cluster.clusterId !== ASKED) await earnAutonomy(records.table, cluster, now);
}
async function tell(): Promise<void> {
  const unfolded = await Promise.all(CLUSTERS.map((clusterId) => records.countUnfolded(clusterId)));
  const open = system.engine.list({ status: 'RUNNING' }).length;
  process.send?.({ kind: 'left', open, unfolded: unfolded.reduce((sum, count) => sum + count, 0) });
  setTimeout(() => void tell(), TELL_EVERY_MS);
}
process.send?.({ kind: 'ready', url: system.url, ...system.credentials });
void tell();
