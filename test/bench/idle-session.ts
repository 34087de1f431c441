import { saveFold } from '../../functions/adapters/calibration-store.ts';
import { putBatch } from '../../functions/adapters/ledger-store.ts';
import type { Table } from '../../functions/adapters/table.ts';
import { applyBatch, birth } from '../../functions/domain/fold-batch.ts';
import { bundlePage } from '../../infra/embedded/console/bundle.ts';
import { openDataFolder, slackSecrets } from '../../infra/embedded/start/data-folder.ts';
import { idlePlan } from '../../infra/embedded/start/idle-plan.ts';
import { openSession, type Session, type SessionOptions } from '../../infra/embedded/start/session.ts';
import type { ClusterConfig } from '../../schemas/config.ts';
import type { LedgerEntry } from '../../schemas/items/ledger.ts';

/** Labels that a cluster has behind it: enough for full autonomy of statements. */
const LABELS = 400;

type Chosen = 'assemblyDir' | 'dataDir' | 'configuration' | 'environment' | 'log';
type Options = Pick<SessionOptions, Chosen> & Partial<Pick<SessionOptions, 'secrets' | 'onHistory'>>;

/** What `npm start -- --idle` runs, on any free ports. */
export async function openIdleSession(options: Options): Promise<Session> {
  const { dataDir: folder, environment } = options;
  const { SLACK_BOT_TOKEN: botToken, SLACK_SIGNING_SECRET: signingSecret } = environment;
  const dataDir = await openDataFolder(folder, { fresh: false });
  const [page, slack] = await Promise.all([bundlePage(), slackSecrets(dataDir, { botToken, signingSecret })]);
  return openSession({ plan: idlePlan(), ...options, dataDir, page, slack, port: 0, consolePort: 0 });
}

/** A past in which the predictor was right: every tenth job waited long, and was told so. Folded as any other. */
export async function earnAutonomy(table: Table, { clusterId, budgets }: ClusterConfig, now: Date): Promise<void> {
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
