/**
 * The system that is killed, in a process of its own. Its settings are the first argument. It has loaded its code when
 * it is told to start; it says where it listens once it does, and whoever started it makes the load.
 */
import { once } from 'node:events';
import { secretNames } from '../../../infra/aws/names.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import { trustVgac } from '../../fixtures/forecasts.ts';
import { earnAutonomy, openIdleSession } from '../idle-session.ts';
import {
  APPROVERS,
  CLUSTERS,
  type Cluster,
  LONG_WAIT_SECONDS,
  OWNER,
  SIGNING_SECRET,
  VictimSettings,
} from './settings.ts';

const settings = VictimSettings.parse(JSON.parse(process.argv[2] ?? '{}'));
const KEY = secretNames('local').anyScheduler.replace('*', 'crash');
const TELL_EVERY_MS = 500;
const MANY = 10_000;

const SAY = { annotate: { action: 'annotate' } };
const TOUCH = { suggest: [{ action: 'adjust-priority', target: '+100' }] };
const DOES: Readonly<Record<Cluster, object>> = {
  says: { actions: SAY },
  // Few tokens: the less there is to lose, the more is left out, and some of it for want of tokens.
  acts: { actions: TOUCH, tiers: { suggest: { tokens: 10, cap: 10 } } },
  // More than any evidence can show: the past of this cluster carries the statement and not the intervention.
  both: { actions: { ...SAY, ...TOUCH }, tiers: { suggest: { promise: 0.99 } } },
  asks: { actions: TOUCH },
};

const configured = (clusterId: Cluster): ClusterConfig =>
  ClusterConfig.parse({
    ...{ clusterId, platform: 'slurm', dryRun: false, vgac: { riskScoreIsProbability: true } },
    longWaitSeconds: LONG_WAIT_SECONDS,
    scheduler: { kind: 'simulated', endpoint: settings.worldUrl, secret: KEY },
    ...DOES[clusterId],
    ...{
      approvers: { suggest: APPROVERS },
      users: { ada: OWNER },
      approvalTtlSeconds: Math.ceil(LONG_WAIT_SECONDS / 3),
    },
    // Every question is asked and has a card of its own, so that there is always something to click.
    asking: { open: 100, perHour: 1000, keptForGate: 0 },
    approvals: { undoMinutes: 1, cardsAtOnce: 100 },
    limits: { cooldownMinutes: 0, actionsPerHour: 1000 },
  });

process.on('disconnect', () => process.exit());
await once(process, 'message');
const clusters = CLUSTERS.map(configured);
const { system, records } = await openIdleSession({
  ...{ assemblyDir: settings.assemblyDir, dataDir: settings.dataDir, configuration: clusters },
  environment: {
    VGAC_API_BASE_URL: settings.worldUrl,
    SLACK_API_BASE_URL: `${settings.worldUrl}/slack`,
    ...{ SLACK_BOT_TOKEN: 'xoxb-crash', SLACK_SIGNING_SECRET: SIGNING_SECRET },
  },
  secrets: { [KEY]: 'key' },
  log: (message) => process.send?.({ kind: 'log', message }),
});
if (settings.first) {
  const now = new Date();
  for (const cluster of clusters) {
    if (cluster.clusterId === 'asks') await trustVgac(records.table, cluster.clusterId);
    else await earnAutonomy(records.table, cluster, now);
  }
}

/** Every label falls due within this; a job that runs on is looked at again later. */
const LABELS_MS = 86_400_000;

/** Approved effects that somebody wants undone and that are not. */
async function countUndoing(): Promise<number> {
  const open = await records.openApprovals(MANY);
  return open.filter(({ undo_asked_at, status, effect }) => {
    return undo_asked_at !== undefined && status === 'approved' && (effect === undefined || effect.status === 'done');
  }).length;
}

async function tell(): Promise<void> {
  const labelled = new Date(Date.now() + LABELS_MS);
  const unfolded = await Promise.all(CLUSTERS.map((clusterId) => records.countUnfolded(clusterId, labelled)));
  const open = system.engine.list({ status: 'RUNNING' }).length;
  const toDo = unfolded.reduce((sum, count) => sum + count, await countUndoing());
  process.send?.({ kind: 'left', open, toDo });
  setTimeout(() => void tell(), TELL_EVERY_MS);
}
process.send?.({ kind: 'ready', url: system.url, ...system.credentials });
void tell();
