import { type FileHandle, open } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { AuditRefused, stories, storyOfJob } from './audit/stories.ts';
import { jsonLine, printable } from './audit/story-lines.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';
import { UsageError } from './refused.ts';
import { type JsonOption, print } from './result.ts';

interface Options extends ConnectionOptions, JsonOption {
  job?: string;
  cluster?: string;
  export?: string;
  since?: Date;
}

export function define(command: Command): void {
  withConnection(command)
    .option('--job <id>', 'job whose story to tell, all its rounds')
    .option('--cluster <id>', 'cluster of the job; needed where several have one of that id')
    .option('--json', 'print the story as JSON Lines, or what was exported as one JSON document')
    .option('--export <file>', 'write the stories of all jobs as JSON Lines')
    .option('--since <instant>', 'export only jobs submitted from then on', instant)
    .addHelpText('after', '\nIt writes nothing to the table.')
    .action(async (options: Options) => {
      const { job, export: file } = options;
      if (job !== undefined && file === undefined) return printStory(job, options);
      if (job === undefined && file !== undefined) return exportTo(file, options);
      throw new UsageError('Use either --job ID for the story of one job, or --export FILE for those of all jobs.');
    });
}

async function printStory(job: string, options: Options): Promise<void> {
  const lines = await storyOfJob(await connect(options, 'read'), job, options.cluster);
  process.stdout.write(options.json ? lines.map(jsonLine).join('') : `${printable(lines).join('\n')}\n`);
}

async function exportTo(path: string, options: Options): Promise<void> {
  const store = await connect(options, 'read');
  const file = await openPrivately(path);
  let count = 0;
  try {
    for await (const line of stories(store, { cluster: options.cluster, since: options.since })) {
      await file.write(jsonLine(line));
      count += 1;
    }
  } finally {
    await file.close();
  }
  print({ text: `${count} lines written to ${path}`, json: { file: path, lines: count } }, options);
}

function openPrivately(path: string): Promise<FileHandle> {
  return open(path, 'w', 0o600).catch((cause: unknown) => {
    throw new AuditRefused(`${path} cannot be written: give --export a file in a folder that exists.`, { cause });
  });
}

function instant(value: string): Date {
  const parsed = new Date(value);
  if (Number.isNaN(parsed.getTime())) throw new InvalidArgumentError('Use an instant such as 2026-11-20T08:00:00Z.');
  return parsed;
}
