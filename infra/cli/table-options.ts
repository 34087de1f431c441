import type { Command } from 'commander';

export interface TableOptions {
  table: string;
  endpoint?: string;
}

/** Options of the commands that write to the table. Region and credentials come from the environment. */
export function withTableOptions(command: Command): Command {
  return command
    .option('--table <name>', 'name of the table', process.env.DYNAMODB_TABLE_NAME ?? 'vgac-agentic')
    .option('--endpoint <url>', 'AWS endpoint, e.g. http://127.0.0.1:4566 for the system on this machine');
}

/** Points the SDK (table and bus) at the endpoint, where one is given. @returns the name of the table */
export function onTable({ table, endpoint }: TableOptions): string {
  if (endpoint) {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoint;
    process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = endpoint;
    process.env.AWS_REGION ??= 'us-east-1';
  }
  return table;
}
