import { Command } from 'commander';
import colors from 'picocolors';
import { table } from '../../functions/adapters/tables/table.ts';
import { OtherLayout } from '../../functions/application/unreadable.ts';
import { type Applied, applyClusters } from './apply-clusters.ts';
import { ConfigurationRefused, readClusterFile } from './cluster-file.ts';
import { onTable, type TableOptions, withTableOptions } from './table-options.ts';

/** What was applied to one cluster, without its salt. */
export function appliedLines({ config, created, notes }: Applied): string[] {
  const { clusterId, platform, longWaitSeconds, dryRun, actions } = config;
  const names = [actions.annotate, actions.warn, ...actions.suggest, actions.gate].flatMap((it) => it?.action ?? []);
  const summary = [
    platform,
    `long wait ${longWaitSeconds} s`,
    `dry run ${dryRun ? 'on' : 'off'}`,
    `actions ${names.join(', ') || 'none'}`,
    created ? 'created in learning' : 'updated',
  ];
  return [
    `${colors.green('✓')} ${colors.bold(clusterId)}  ${summary.join(' · ')}`,
    ...notes.map((note) => `  ${colors.yellow('note')} ${note}`),
  ];
}

async function configure(file: string, options: TableOptions): Promise<void> {
  const clusters = await readClusterFile(file);
  for (const applied of await applyClusters(table(onTable(options)), clusters, new Date())) {
    console.log(appliedLines(applied).join('\n'));
  }
}

if (import.meta.main) {
  const command = withTableOptions(new Command('configure'))
    .description('Applies the configuration of clusters to the table.')
    .argument('<file>', 'JSON file; infra/cli/clusters.example.json shows every field')
    .action(configure);
  await command.parseAsync().catch((error: unknown) => {
    if (!(error instanceof ConfigurationRefused || error instanceof OtherLayout)) throw error;
    console.error(`${colors.red('Nothing was applied.')} ${error.message}`);
    process.exitCode = 1;
  });
}
