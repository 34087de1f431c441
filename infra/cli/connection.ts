/**
 * Where the commands find the system that they act on: its endpoint, region, table and credentials. What is said on the command
 * line counts first, then the environment, then a system that runs on this machine; if none of them says anything, it is the
 * AWS SDK's own configuration files.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Table, table } from '../../functions/adapters/tables/table.ts';
import { command } from '../../functions/domain/command.ts';
import { TABLE_NAME } from '../aws/names.ts';
import { accessKeyIn, type Credentials } from '../runtime/wire/credentials.ts';
import { KEYS_FOLDER } from '../runtime/wire/key-ring.ts';
import { DATA_FOLDER } from './data-folder-name.ts';
import { Refused } from './refused.ts';
import { runningSystem } from './running-system.ts';

/** The system on one machine says so of itself, whatever the region of its account. */
const LOCAL_REGION = 'us-east-1';

export interface ConnectionOptions {
  readonly table: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly data?: string;
}

/** Options of every verb that reads or writes the table. */
export function withConnection(command: Command): Command {
  return command
    .option('--endpoint <url>', 'AWS endpoint, e.g. http://127.0.0.1:4566 for the system on this machine', address)
    .option('--region <name>', 'AWS region (default: as AWS_REGION or your AWS profile says)')
    .addOption(new Option('--table <name>', 'name of the table').env('DYNAMODB_TABLE_NAME').default(TABLE_NAME))
    .option('--data <dir>', `data folder of the system on this machine (default: ${DATA_FOLDER})`);
}

export function address(value: string): string {
  if (!URL.canParse(value)) throw new InvalidArgumentError('Use a full URL.');
  return value;
}

/** What the SDK has to be told; what is absent, it finds by itself. */
export interface Settings {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: Credentials;
  /** The system was found, and nobody has named it: whoever acts on it should hear of that. */
  readonly found?: string;
}

/** What a verb does with the table: on one machine it takes the weakest key that suffices. */
type Use = 'read' | 'change';

type Environment = Readonly<Record<string, string | undefined>>;

/** Any of these says that a system on AWS is meant, and with which credentials. */
const SAYS_CREDENTIALS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];
const SAYS_REGION = ['AWS_REGION', 'AWS_DEFAULT_REGION'];

/**
 * What is said on the command line, in the environment, or else by a system that runs on this machine.
 * @param usualFolder the data folder of which nobody needs to speak
 * @throws Refused when `--data` names a folder that does not help
 */
export function settingsOf(
  options: Omit<ConnectionOptions, 'table'>,
  environment: Environment,
  usualFolder: string = DATA_FOLDER,
  use: Use = 'change',
): Settings {
  const folder = options.data ?? usualFolder;
  const says = (names: readonly string[]) => names.map((name) => environment[name]).find((value) => !!value);
  const region = options.region ?? says(SAYS_REGION);
  const endpoint = options.endpoint ?? says(['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL']);
  if (endpoint !== undefined) {
    if (options.data !== undefined) return at(endpoint, region, namedCredentials(folder, use));
    const isOurs = isLoopback(endpoint) && says(SAYS_CREDENTIALS) === undefined;
    return at(endpoint, region, isOurs ? credentialsIn(folder, use) : undefined);
  }
  if (options.data === undefined && (region !== undefined || says(SAYS_CREDENTIALS) !== undefined)) {
    return region === undefined ? {} : { region };
  }
  const running = runningSystem(folder);
  if (running !== null) {
    const found = `Using the system that runs on this machine: ${running.endpoint} (${folder}).`;
    return {
      ...at(running.endpoint, region, namedCredentials(folder, use)),
      ...(options.data === undefined && { found }),
    };
  }
  if (options.data === undefined) return {};
  throw new Refused(`No system runs on ${folder}: start it with ${command(`start --idle --data ${folder}`)}.`);
}

function at(endpoint: string, region: string = LOCAL_REGION, credentials?: Credentials): Settings {
  return { endpoint, region, ...(credentials && { credentials }) };
}

/** The key of a data folder that suffices for this use; undefined where there is none. */
function credentialsIn(folder: string, use: Use): Credentials | undefined {
  const files = [...(use === 'read' ? [join(KEYS_FOLDER, 'read')] : []), 'credentials'];
  const file = files.map((name) => join(folder, name)).find((path) => existsSync(path));
  return file === undefined ? undefined : accessKeyIn(file);
}

function namedCredentials(folder: string, use: Use): Credentials {
  const credentials = credentialsIn(folder, use);
  if (credentials !== undefined) return credentials;
  throw new Refused(`${folder} holds no credentials: name the data folder of the system with --data.`);
}

function isLoopback(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) throw new Refused(`AWS_ENDPOINT_URL is ${endpoint}, which is no URL.`);
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname);
}

/**
 * The table that these options mean. The SDK's clients are made once for the life of a process, as in a Lambda, and read their
 * settings from the environment; so that is where the settings go.
 * @throws Refused when no region or no credentials can be found
 */
export async function connect(options: ConnectionOptions, use: Use): Promise<Table> {
  const settings = settingsOf(options, process.env, DATA_FOLDER, use);
  if (settings.found !== undefined) process.stderr.write(`${settings.found}\n`);
  apply(settings);
  const store = table(options.table);
  await mustBeComplete(store);
  return store;
}

function apply({ endpoint, region, credentials }: Settings): void {
  if (endpoint !== undefined) {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoint;
    process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = endpoint;
  }
  if (region !== undefined) process.env.AWS_REGION = region;
  if (credentials === undefined) return;
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  // Either of them would be taken instead of the key, or together with it.
  delete process.env.AWS_PROFILE;
  delete process.env.AWS_SESSION_TOKEN;
}

/** What is missing is said before the first call, in words that say where to put it. */
async function mustBeComplete({ client }: Table): Promise<void> {
  await client.config.region().catch((cause: unknown) => {
    throw new Refused(
      `Say which system you mean: for the one on AWS set AWS_REGION or AWS_PROFILE, for the one on this machine start it (${command('start --idle')}) or name it with --endpoint or --data.`,
      { cause },
    );
  });
  await client.config.credentials().catch((cause: unknown) => {
    throw new Refused(
      'There are no credentials to sign with: for the system on AWS set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for the one on this machine name its data folder with --data.',
      { cause },
    );
  });
}
