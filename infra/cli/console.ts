import { InvalidArgumentError } from 'commander';
import { SlackUserId } from '../../schemas/ports/slack.ts';
import { NoApproverKey, readApproverKey } from '../console/approver-token.ts';
import { NotAnswered } from './approve/send.ts';
import { DATA_FOLDER } from './data-folder-name.ts';
import { runningSystem } from './running-system.ts';

/** Where `vgac start` puts its console unless it is told otherwise. */
export const USUAL_CONSOLE = 'http://127.0.0.1:4580/';

/** Which console of this machine is meant. */
export interface ConsoleOptions {
  readonly console?: string;
  readonly data?: string;
}

export function consoleOf({ console, data = DATA_FOLDER }: ConsoleOptions): string {
  return console ?? runningSystem(data)?.console ?? USUAL_CONSOLE;
}

/** The key that proves to the console that whoever asks can read its data folder. @throws NotAnswered */
export function approverKeyOf({ data = DATA_FOLDER }: ConsoleOptions): Buffer {
  try {
    return readApproverKey(data);
  } catch (cause) {
    if (!(cause instanceof NoApproverKey)) throw cause;
    throw new NotAnswered(`${cause.message}: name the folder with --data, and start the system there first.`, {
      cause,
    });
  }
}

export function slackId(value: string): string {
  if (!SlackUserId.safeParse(value).success) throw new InvalidArgumentError('Use a Slack user id such as U02ABCDEF.');
  return value;
}
