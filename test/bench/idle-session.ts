import { createCalibration, saveFold, saveMarked } from '../../functions/adapters/tables/calibration.ts';
import { putBatch } from '../../functions/adapters/tables/ledger.ts';
import type { Table } from '../../functions/adapters/tables/table.ts';
import { deserialise } from '../../functions/domain/calibration/codec.ts';
import { applyBatch } from '../../functions/domain/fold-batch.ts';
import { inFoldOrder } from '../../functions/domain/ledger-lines.ts';
import { purseOf } from '../../functions/domain/reservations.ts';
import { ledgerTiers, tierRulesOf } from '../../functions/domain/tier-numbers.ts';
import { openDataFolder, slackSecrets } from '../../infra/cli/start/data-folder.ts';
import { idlePlan } from '../../infra/cli/start/idle-plan.ts';
import { openSession, type Session, type SessionOptions } from '../../infra/cli/start/session.ts';
import { bundlePage } from '../../infra/console/bundle.ts';
import type { ClusterConfig } from '../../schemas/config.ts';
import type { LedgerEntry } from '../../schemas/items/ledger.ts';
import { trustVgac } from '../fixtures/forecasts.ts';

/** Labels that a cluster has behind it: enough for full autonomy of every tier. */
const LABELS = 400;
/** So many of them fall into T: the evidence of every tier comes from many stretches, and no ring is too small for one. */
const PER_T = 5;

type Chosen = 'assemblyDir' | 'dataDir' | 'configuration' | 'environment' | 'log';
type Options = Pick<SessionOptions, Chosen> & Partial<Pick<SessionOptions, 'secrets' | 'onHistory'>>;

/** What `npm start -- --idle` runs, on any free ports. */
export async function openIdleSession(options: Options): Promise<Session> {
  const { dataDir: folder, environment } = options;
  const { SLACK_BOT_TOKEN: botToken, SLACK_SIGNING_SECRET: signingSecret } = environment;
  const dataDir = await openDataFolder(folder, { fresh: false });
  const [page, slack] = await Promise.all([bundlePage(), slackSecrets(dataDir, { botToken, signingSecret })]);
  const ports = { port: 0, consolePort: 0 };
  return openSession({ plan: idlePlan(), ...options, ...ports, dataDir, page, slack, slackStandIn: false });
}

/**
 * A past in shadow in which VGAC was right: every tenth job waited long, and was told so. Folded as any other, in the place
 * of the first batch.
 */
export async function earnAutonomy(table: Table, config: ClusterConfig, now: Date): Promise<void> {
  const { clusterId, longWaitSeconds: long_wait_seconds } = config;
  const rules = tierRulesOf(config.tiers);
  const item = await createCalibration(table, config, now);
  const { reserved, caps } = purseOf(item, deserialise(item.state), rules);
  const batch = await putBatch(table, clusterId, {
    ...{ version: 1, folded_at: now.toISOString(), long_wait_seconds, tiers: ledgerTiers(rules) },
    ...{ reserved: Array.from(reserved), caps: Array.from(caps) },
    entries: Array.from({ length: LABELS }, (_, index) => past(index, long_wait_seconds, now)).sort(inFoldOrder),
  });
  await saveFold(table, clusterId, 0, applyBatch(item.state, batch), batch);
  await trustVgac(table, clusterId, { version: batch.version });
  // There are no rows of it to mark.
  await saveMarked(table, clusterId, batch.version);
}

/** One job of the past: nothing was done about it, and its label came in time. */
function past(index: number, longWaitSeconds: number, now: Date): LedgerEntry {
  const longWait = index % 10 === 0;
  const q = longWait ? 0.97 : 0.02;
  const submittedAt = Math.floor(now.getTime() / 1000) - ((LABELS - index) / PER_T + 2) * longWaitSeconds;
  const waitSeconds = longWait ? 2 * longWaitSeconds : longWaitSeconds / 10;
  return {
    ...{ jobId: `past-${index}`, decisionId: `dec_past${index}`, submittedAt, decidedAt: submittedAt },
    labelAt: submittedAt + Math.min(waitSeconds, longWaitSeconds),
    ...{ p: q, q, called: 0, tier: 0, heldOut: false, done: false, cost: 0, paper: [], eras: [0, 0, 0, 0] },
    ...{ touched: false, undone: false, longWait, draw: 0, predictedWaitSeconds: waitSeconds, waitSeconds },
    bounds: { lowerSeconds: 0, upperSeconds: 4 * longWaitSeconds, upper90Seconds: 4 * longWaitSeconds },
    epoch: 0,
  };
}
