/**
 * The system under load, in a process of its own: what the load costs to make is not counted as the system's.
 * Started by the bench with its settings as the first argument.
 */
import { subscribe } from 'node:diagnostics_channel';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE_NAME } from '../../../infra/aws/names.ts';
import type { HistoryEvent } from '../../../infra/runtime/engine/history.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import { earnAutonomy, openIdleSession } from '../idle-session.ts';
import type { FromSubject, SubjectSettings, ToSubject } from './messages.ts';

const settings: SubjectSettings = JSON.parse(process.argv[2] ?? '{}');
const tell = (message: FromSubject) => void process.send?.(message);

const config = (clusterId: string): ClusterConfig =>
  ClusterConfig.parse({
    clusterId,
    platform: 'slurm',
    vgac: { riskScoreIsProbability: true },
    // No job of a bench is late, or has its label, however slow the machine.
    longWaitSeconds: 3600,
    actions: { annotate: { action: 'annotate' } },
    // As many as the schema allows: what is measured is the autonomous path, and nobody settles these jobs.
    tiers: { annotate: { tokens: 1000, cap: 1000 } },
  });

/** Says what became of which job, a few at a time. */
function watch() {
  const jobs = new Map<string, string>();
  let decided: [string, number, boolean][] = [];
  let closed: [string, string][] = [];
  setInterval(() => {
    if (decided.length > 0) tell({ kind: 'decided', jobs: decided });
    if (closed.length > 0) tell({ kind: 'closed', jobs: closed });
    decided = [];
    closed = [];
  }, 5).unref();
  return (arn: string, event: HistoryEvent) => {
    if (event.type === 'ExecutionStarted') {
      const jobId = /"jobId":"([^"]+)"/.exec(JSON.stringify(event.input))?.[1];
      if (jobId !== undefined) jobs.set(arn, jobId);
      return;
    }
    const jobId = jobs.get(arn);
    if (jobId === undefined) return;
    if (event.type === 'TaskStateExited' && event.name?.startsWith('Predict')) {
      const { output } = event;
      const executed =
        typeof output === 'object' && output !== null && 'executed' in output && output.executed === true;
      decided.push([jobId, event.timestamp, executed]);
    } else if (event.type.startsWith('Execution')) {
      jobs.delete(arn);
      closed.push([jobId, event.type]);
    }
  };
}

const calls: Record<string, number> = {};
subscribe('embedded.aws-call', (target) => {
  calls[String(target)] = (calls[String(target)] ?? 0) + 1;
});

const seen = watch();
const clusters = settings.clusterIds.map(config);
const session = await openIdleSession({
  ...{ dataDir: settings.dataDir, assemblyDir: settings.assemblyDir, configuration: clusters },
  environment: { VGAC_API_BASE_URL: settings.vgacUrl },
  log: (message) => console.error(message),
  onHistory: seen,
});
const { system, records } = session;
const now = new Date();
for (const cluster of clusters) await earnAutonomy(records.table, cluster, now);
for (const name of Object.keys(calls)) delete calls[name];

/** Rows of jobs, and how many of them are closed. */
async function countRows(): Promise<{ rows: number; closed: number }> {
  const counted = { rows: 0, closed: 0 };
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await records.table.client.send(
      new ScanCommand({ TableName: TABLE_NAME, ProjectionExpression: 'SK, closed_at', ExclusiveStartKey }),
    );
    const jobs = (page.Items ?? []).filter(({ SK }) => String(SK).startsWith('JOB#'));
    counted.rows += jobs.length;
    counted.closed += jobs.filter(({ closed_at }) => closed_at !== undefined).length;
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return counted;
}

let peakRss = 0;
setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}, 100).unref();
process.on('message', (message: ToSubject) => {
  if (message.kind === 'close') {
    void session.close().then(() => process.exit(0));
    return;
  }
  if (message.kind === 'account') {
    void Promise.all([countRows(), session.summary()]).then(([rows, { total }]) => {
      const { admitted, duplicates, quarantined, deadLettered, acted } = total;
      tell({ kind: 'account', account: { ...rows, admitted, duplicates, quarantined, deadLettered, acted } });
    });
    return;
  }
  const { user, system: kernel } = process.cpuUsage();
  const main = process.threadCpuUsage();
  const rss = process.memoryUsage.rss();
  tell({
    kind: 'usage',
    usage: {
      cpuMs: (user + kernel) / 1000,
      mainThreadMs: (main.user + main.system) / 1000,
      rssMb: rss / 2 ** 20,
      peakRssMb: Math.max(rss, peakRss) / 2 ** 20,
      calls: { ...calls },
    },
  });
});
tell({
  kind: 'ready',
  url: system.url,
  consoleUrl: session.consoleUrl,
  signInUrl: session.signIn().url,
  ...system.credentials,
});
