import type { Command } from 'commander';
import { appliedLines } from './configure/applied-lines.ts';
import { type Applied, applyClusters } from './configure/apply-clusters.ts';
import { ConfigurationRefused, readClusterFile } from './configure/cluster-file.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';
import { Refused } from './refused.ts';
import { type JsonOption, print, type Result, withJson } from './result.ts';

export function define(command: Command): void {
  withJson(withConnection(command))
    .argument('<file>', 'JSON file; infra/cli/clusters.example.json shows every field')
    .action(async (file: string, options: ConnectionOptions & JsonOption) =>
      print(await configure(file, options), options),
    );
}

async function configure(file: string, options: ConnectionOptions): Promise<Result> {
  const clusters = await readClusterFile(file).catch((cause: unknown) => {
    if (!(cause instanceof ConfigurationRefused)) throw cause;
    throw new Refused(`Nothing was applied. ${cause.message}`, { cause });
  });
  const applied = await applyClusters(await connect(options, 'change'), clusters, new Date());
  return { text: applied.flatMap(appliedLines).join('\n'), json: applied.map(withoutSalt) };
}

/** Whoever knows the salt knows which jobs are held out. */
function withoutSalt({ config, created, notes }: Applied) {
  const { salt: _, ...shown } = config;
  return { clusterId: config.clusterId, created, notes, config: shown };
}
