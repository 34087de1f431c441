import colors from 'picocolors';
import type { Applied } from './apply-clusters.ts';

/** What was applied to one cluster, for a terminal. Its salt is not shown. */
export function appliedLines({ config, created, notes }: Applied): string[] {
  const { clusterId, platform, longWaitSeconds, dryRun, actions } = config;
  const chosen = [actions.annotate, actions.warn, ...actions.suggest, actions.gate];
  const names = chosen.flatMap((choice) => choice?.action ?? []);
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
