import type { Command } from 'commander';
import { APPROVER_HEADER } from '../console/answers.ts';
import { issueToken } from '../console/approver-token.ts';
import { LINK_MINUTES, SESSION_HOURS } from '../console/session-times.ts';
import { SignInLink } from '../console/sign-in.ts';
import { NotAnswered } from './approve/send.ts';
import { address } from './connection.ts';
import { approverKeyOf, type ConsoleOptions, consoleOf, slackId, USUAL_CONSOLE } from './console.ts';
import { DATA_FOLDER } from './data-folder-name.ts';
import { type JsonOption, print, type Result, withJson } from './result.ts';

/** The token is used at once. */
const TOKEN_MS = 60_000;
const PATIENCE_MS = 10_000;

interface Options extends ConsoleOptions, JsonOption {
  readonly as?: string;
}

export function define(command: Command): void {
  withJson(command)
    .option('--as <slackId>', 'for this person, who then answers under this name (default: for yourself)', slackId)
    .option('--data <dir>', `data folder of the system on this machine (default: ${DATA_FOLDER})`)
    .option('--console <url>', `address of the console (default: ${USUAL_CONSOLE})`, address)
    .addHelpText(
      'after',
      `\nThe link works once, within ${LINK_MINUTES} minutes, and signs the browser in for ${SESSION_HOURS} hours.`,
    )
    .action(async (options: Options) => print(await signIn(options), options));
}

async function signIn(options: Options): Promise<Result> {
  const url = new URL('session/links', consoleOf(options));
  const person = options.as ?? null;
  const token = issueToken(approverKeyOf(options), { person, use: 'sign-in' }, new Date(Date.now() + TOKEN_MS));
  const headers = { [APPROVER_HEADER]: token };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(url, { method: 'POST', headers, redirect: 'error', signal }).catch((cause: unknown) => {
    throw new NotAnswered(`${url.origin} does not answer: is it running, and is this its address?`, { cause });
  });
  const link = SignInLink.safeParse(await answer.json().catch(() => null));
  if (link.success) return { text: link.data.url, json: link.data };
  throw new NotAnswered(
    answer.status === 401
      ? `${url.origin} does not know the key of this data folder: name the folder of the system that runs there with --data.`
      : `${url.origin} answered with status ${answer.status}: is this the address of a console?`,
  );
}
