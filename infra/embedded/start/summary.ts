import Table from 'cli-table3';
import pc from 'picocolors';
import type { Asked } from '../../../schemas/items/approval.ts';
import type { RowStatus } from '../../../schemas/items/job.ts';
import type { Scope } from '../../../schemas/primitives.ts';

/**
 * The closing table, in total and per cluster. The keys are stable: other programs read `--summary FILE`.
 *
 * jobs = admitted + duplicates + quarantined + deadLettered;
 * admitted = autonomous + notified + escalated + failed + undecided;
 * approvals = approved + denied + expired + void + openApprovals. `late` and `holdout` are subsets of the scopes.
 */
export const SUMMARY_KEYS = [
  /** JobSubmitted events that the bus accepted. */
  'jobs',
  /** Jobs with a claimed row. */
  'admitted',
  /** Events of a job that another execution had claimed. */
  'duplicates',
  /** Events that name no trustworthy job. */
  'quarantined',
  /** Events that reached no row and no quarantine: dead-letter queue, or an execution that failed before the claim. */
  'deadLettered',
  /** Jobs by the scope of their recorded decision ... */
  'autonomous',
  'notified',
  'escalated',
  /** ... those that failed on the way, whatever was decided before, and those that nothing is decided about yet. */
  'failed',
  'undecided',
  /** Decided after the job had started or its label was known. */
  'late',
  /** Left out on purpose, so that evidence goes on. */
  'holdout',
  /** Rows closed as executed: the agent's decision stood without a human. */
  'executed',
  /** Rows closed as withheld: a statement that was not shown. */
  'withheld',
  'approvals',
  'approved',
  'denied',
  'expired',
  'void',
  'openApprovals',
  /** Admitted jobs whose label is settled, censored ones included. */
  'outcomes',
  /** Admitted jobs that a ledger batch holds. */
  'folded',
] as const;
export type SummaryKey = (typeof SUMMARY_KEYS)[number];
export type Counts = Record<SummaryKey, number>;

export interface Summary {
  total: Counts;
  clusters: Record<string, Counts>;
}

/** What the summary needs of one row of the table. */
export interface JobFact {
  clusterId: string;
  scope: Scope | null;
  late: boolean;
  holdout: boolean;
  status: RowStatus | null;
  /** The label is settled. */
  labelled: boolean;
  folded: boolean;
}

export interface Facts {
  jobs: readonly JobFact[];
  approvals: readonly { clusterId: string; status: Asked }[];
  /** Where the other events went, with the cluster where a trustworthy one is named. */
  duplicates: readonly (string | null)[];
  quarantined: readonly (string | null)[];
  deadLettered: readonly (string | null)[];
  /** JobSubmitted events counted on their way in, independent of the above. */
  accepted: number;
}

/** Events that name no cluster are counted here, so that the clusters add up to the total. */
export const NO_CLUSTER = '(none)';

const SCOPE_KEY = { autonomous: 'autonomous', notify: 'notified', escalate: 'escalated' } as const;
const APPROVAL_KEY = {
  approved: 'approved',
  denied: 'denied',
  expired: 'expired',
  void: 'void',
  pending: 'openApprovals',
} as const;

function zeros(): Counts {
  const counts: Partial<Counts> = {};
  for (const key of SUMMARY_KEYS) counts[key] = 0;
  return counts as Counts;
}

/** Exactly one of these counts each admitted job. */
function resultOf(job: JobFact): SummaryKey {
  if (job.status === 'failed') return 'failed';
  return job.scope === null ? 'undecided' : SCOPE_KEY[job.scope];
}

/** Adds up what happened. Clusters are those that appear in the facts, by name. */
export function summarise(facts: Facts, clusterIds: readonly string[] = []): Summary {
  const clusters = new Map<string, Counts>(clusterIds.map((id) => [id, zeros()]));
  const count = (clusterId: string | null, ...keys: SummaryKey[]) => {
    const name = clusterId ?? NO_CLUSTER;
    const counts = clusters.get(name) ?? zeros();
    clusters.set(name, counts);
    for (const key of keys) counts[key]++;
  };
  for (const job of facts.jobs) {
    count(job.clusterId, 'jobs', 'admitted', resultOf(job));
    if (job.late) count(job.clusterId, 'late');
    if (job.holdout) count(job.clusterId, 'holdout');
    if (job.status === 'executed') count(job.clusterId, 'executed');
    if (job.status === 'withheld') count(job.clusterId, 'withheld');
    if (job.labelled) count(job.clusterId, 'outcomes');
    if (job.folded) count(job.clusterId, 'folded');
  }
  for (const { clusterId, status } of facts.approvals) count(clusterId, 'approvals', APPROVAL_KEY[status]);
  for (const key of ['duplicates', 'quarantined', 'deadLettered'] as const) {
    for (const clusterId of facts[key]) count(clusterId, 'jobs', key);
  }
  const total = zeros();
  for (const counts of clusters.values()) for (const key of SUMMARY_KEYS) total[key] += counts[key];
  // What came in, not what was found again: a lost event must show as a sum that does not agree.
  total.jobs = facts.accepted;
  const sorted = [...clusters].sort(([a], [b]) => (a < b ? -1 : 1));
  return { total, clusters: Object.fromEntries(sorted) };
}

/** Sums that do not agree, in words; empty when all is accounted for. */
export function disagreements(summary: Summary): string[] {
  const found: string[] = [];
  for (const [name, counts] of [['total', summary.total] as const, ...Object.entries(summary.clusters)]) {
    const check = (left: SummaryKey, right: SummaryKey[]) => {
      const sum = right.reduce((total, key) => total + counts[key], 0);
      if (counts[left] !== sum) found.push(`${name}: ${left} is ${counts[left]}, ${right.join(' + ')} is ${sum}`);
    };
    check('jobs', ['admitted', 'duplicates', 'quarantined', 'deadLettered']);
    check('admitted', ['autonomous', 'notified', 'escalated', 'failed', 'undecided']);
    check('approvals', ['approved', 'denied', 'expired', 'void', 'openApprovals']);
  }
  return found;
}

export interface Standing {
  ece: number | null;
  nullMean: number | null;
  n: number;
  score: number | null;
}

const ROWS: readonly (readonly [string, SummaryKey[]])[] = [
  ['jobs', ['jobs']],
  ['  admitted', ['admitted']],
  ['  duplicate, quarantined, dead', ['duplicates', 'quarantined', 'deadLettered']],
  ['decided: autonomous', ['autonomous']],
  ['decided: notify', ['notified']],
  ['decided: escalate', ['escalated']],
  ['failed, undecided', ['failed', 'undecided']],
  ['  of these late, held out', ['late', 'holdout']],
  ['stood alone (executed)', ['executed']],
  ['withheld', ['withheld']],
  ['asked (approvals)', ['approvals']],
  ['  approved, denied', ['approved', 'denied']],
  ['  expired, void, open', ['expired', 'void', 'openApprovals']],
  ['outcomes, folded', ['outcomes', 'folded']],
];

const evidence = ({ ece, n, nullMean }: Standing) =>
  ece === null ? `– (n ${n})` : `${ece.toFixed(3)} (n ${n}, perfect ${nullMean === null ? '–' : nullMean.toFixed(3)})`;

/** The closing table for people. */
export function renderSummary(summary: Summary, standings: ReadonlyMap<string, Standing>): string {
  const columns = Object.entries(summary.clusters);
  const several = columns.length !== 1;
  const table = new Table({
    head: ['', ...columns.map(([name]) => name), ...(several ? ['total'] : [])].map((name) => pc.bold(name)),
    colAligns: ['left', ...columns.map(() => 'right' as const), ...(several ? ['right' as const] : [])],
    style: { head: [], border: [], compact: true },
  });
  for (const [label, keys] of ROWS) {
    const cell = (counts: Counts) => keys.map((key) => counts[key].toLocaleString('en')).join(', ');
    table.push([label, ...columns.map(([, counts]) => cell(counts)), ...(several ? [cell(summary.total)] : [])]);
  }
  const per = (show: (standing: Standing) => string) =>
    columns.map(([name]) => {
      const standing = standings.get(name);
      return standing ? show(standing) : '–';
    });
  table.push(['ECE', ...per(evidence), ...(several ? [''] : [])]);
  table.push(['score', ...per(({ score }) => (score === null ? '–' : score.toFixed(2))), ...(several ? [''] : [])]);
  return table.toString();
}
