import { type FileHandle, open } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import { listClusters } from '../../functions/adapters/tables/calibration.ts';
import { clusterAudit, roundsSince } from '../../functions/adapters/tables/every-round.ts';
import { roundsOf } from '../../functions/adapters/tables/rounds.ts';
import { type Table, table } from '../../functions/adapters/tables/table.ts';
import { OtherLayout } from '../../functions/application/unreadable.ts';
import { arrayPart } from '../../functions/domain/round.ts';
import { recordsOf, recordsOfRow } from '../console/audit-records.ts';
import { type StoryLine, storyOf } from '../console/story.ts';
import { onTable, type TableOptions, withTableOptions } from './table-options.ts';

/** There is nothing to tell. The message says what to ask for. */
export class AuditRefused extends Error {
  override name = 'AuditRefused' as const;
}

/**
 * The story of one job, all its rounds in order. Without a cluster, every cluster is asked for a job of that id; a task of
 * an array is told of as its array.
 * @throws AuditRefused when no cluster knows it, or several do
 */
export async function storyOfJob(store: Table, jobId: string, cluster?: string): Promise<StoryLine[]> {
  const clusters = cluster === undefined ? await listClusters(store) : [cluster];
  const job = arrayPart(jobId);
  const each = clusters.map((clusterId) => roundsOf(store, { clusterId, jobId: job.jobId }));
  const found = (await Promise.all(each)).filter(([first]) => first !== undefined);
  const [rounds] = found;
  if (!rounds) {
    throw new AuditRefused(`no job ${jobId} is known on ${clusters.join(', ') || 'any cluster (there is none yet)'}`);
  }
  if (found.length > 1) {
    const ids = found.flatMap(([first]) => first?.cluster_id ?? []).join(', ');
    throw new AuditRefused(`${ids} each have a job ${jobId}: add --cluster`);
  }
  return (await Promise.all(rounds.map((row) => recordsOfRow(store, row)))).flatMap(storyOf);
}

/** The stories of all rounds that were submitted from `since` on, a line each, cluster by cluster. */
export async function* stories(
  store: Table,
  { cluster, since }: { cluster?: string | undefined; since?: Date | undefined },
): AsyncGenerator<StoryLine> {
  for (const clusterId of cluster === undefined ? await listClusters(store) : [cluster]) {
    const known = await Promise.all([clusterAudit(store, clusterId), clusterAudit(store, '*')]);
    for await (const round of roundsSince(store, clusterId, since ?? null)) {
      const records = await recordsOf(store, round, known);
      if (records) yield* storyOf(records);
    }
  }
}

/** A story for a terminal. */
export function printable(lines: readonly StoryLine[]): string[] {
  const rounds = [...Map.groupBy(lines, ({ submittedAt }) => submittedAt).values()];
  return rounds.flatMap((told) => {
    const [first] = told;
    const name = first && `${first.clusterId} / ${first.jobId}`;
    const which = rounds.length > 1 ? `, submitted at ${first?.submittedAt}` : '';
    return [colors.bold(`${name}${which}`), ...told.flatMap(printableLine)];
  });
}

function printableLine({ at, who, what, hash, why }: StoryLine): string[] {
  return [
    `${at}  ${colors.cyan(who)}  ${what}${hash === null ? '' : colors.dim(`  #${hash.slice(0, 12)}`)}`,
    ...(why === null ? [] : [colors.dim(`    why: ${why}`)]),
  ];
}

/** JSON Lines: one thing that happened per line. */
export const jsonLine = (line: StoryLine) => `${JSON.stringify(line)}\n`;

interface AuditOptions extends TableOptions {
  job?: string;
  cluster?: string;
  json?: boolean;
  export?: string;
  since?: Date;
}

async function run(options: AuditOptions): Promise<void> {
  const store = table(onTable(options));
  const { job, cluster, since } = options;
  if ((job === undefined) === (options.export === undefined)) {
    throw new AuditRefused('use --job ID for the story of one job, or --export FILE for all of them');
  }
  if (job !== undefined) {
    const lines = await storyOfJob(store, job, cluster);
    process.stdout.write(options.json ? lines.map(jsonLine).join('') : `${printable(lines).join('\n')}\n`);
    return;
  }
  const file = await openPrivately(options.export ?? '');
  let count = 0;
  try {
    for await (const line of stories(store, { cluster, since })) {
      await file.write(jsonLine(line));
      count += 1;
    }
  } finally {
    await file.close();
  }
  console.log(`${count} lines written to ${options.export}`);
}

function openPrivately(path: string): Promise<FileHandle> {
  return open(path, 'w', 0o600).catch((cause: unknown) => {
    throw new AuditRefused(`cannot write ${path}: give --export a file in a folder that exists`, { cause });
  });
}

function instant(value: string): Date {
  const parsed = new Date(value);
  if (Number.isNaN(parsed.getTime())) throw new InvalidArgumentError('use an instant such as 2026-11-20T08:00:00Z');
  return parsed;
}

if (import.meta.main) {
  const command = withTableOptions(new Command('audit'))
    .description(
      'Tells the story of one job in order, all its rounds, or exports all stories as JSON Lines. Writes nothing to the table.',
    )
    .option('--job <id>', 'job to tell about')
    .option('--cluster <id>', 'cluster of the job; needed where several have one of that id')
    .option('--json', 'JSON Lines instead of words')
    .option('--export <file>', 'write the stories of all jobs as JSON Lines')
    .option('--since <instant>', 'export only jobs submitted from then on', instant)
    .action(run);
  await command.parseAsync().catch((error: unknown) => {
    if (!(error instanceof AuditRefused || error instanceof OtherLayout)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}
