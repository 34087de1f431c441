import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { sourceOf } from '../../schemas/events/collector.ts';
import { CollectorName } from '../../schemas/primitives.ts';
import { MARKER } from '../runtime/data-folder.ts';
import { makeKey } from '../runtime/wire/key-ring.ts';
import { DATA_FOLDER } from './data-folder-name.ts';
import { Refused } from './refused.ts';
import { type JsonOption, print, type Result, withJson } from './result.ts';

interface Options extends JsonOption {
  readonly data: string;
}

export function define(command: Command): void {
  withJson(command)
    .argument(
      '[name]',
      'name of the collector; without one, it speaks of the clusters that are bound to none',
      collectorName,
    )
    .option('--data <dir>', 'data folder of the system on this machine', DATA_FOLDER)
    .addHelpText('after', '\nA key that is there already stays. Removing its file revokes it at once.')
    .action((name: string | undefined, options: Options) => print(keyOf(name, options), options));
}

function keyOf(name: string | undefined, { data }: Options): Result {
  if (!existsSync(join(data, MARKER))) {
    throw new Refused(`${data} is no data folder: start the system there first, or name its folder with --data.`);
  }
  const file = makeKey(data, name === undefined ? 'collector' : `collector-${name}`);
  const source = sourceOf(name);
  const binding = name === undefined ? 'clusters without a collector' : `clusters with "collector": "${name}"`;
  return {
    text: `${file} is the key of this collector: with AWS_SHARED_CREDENTIALS_FILE set to it, a client may put events with source ${source}, about ${binding} in the configuration, and nothing else.`,
    json: { file, source },
  };
}

function collectorName(value: string): string {
  const parsed = CollectorName.safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError('Use 1 to 40 lower-case letters, digits or dashes.');
  return parsed.data;
}
