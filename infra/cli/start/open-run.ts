import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { bundlePage } from '../../console/bundle.ts';
import type { Notice } from '../../console/views.ts';
import { readTrace } from '../../demo/feed/trace.ts';
import type { HistoryEvent } from '../../runtime/engine/history.ts';
import { readClusterFile } from '../configure/cluster-file.ts';
import { CannotStart } from './cannot-start.ts';
import { namedSecrets, openDataFolder, slackSecrets } from './data-folder.ts';
import { idlePlan } from './idle-plan.ts';
import type { Options } from './options.ts';
import type { Plan } from './plan.ts';
import { openSession, type Session } from './session.ts';
import { assemblySettings, type Environment } from './settings.ts';
import { simulatedPlan } from './simulated-plan.ts';
import { synthesize } from './synthesis.ts';
import { tracePlan } from './trace-plan.ts';

const DAY_MS = 86_400_000;
/** More bad rows than this are counted, not listed. */
const LISTED_PROBLEMS = 10;

export interface RunListeners {
  /** Progress of the start itself. */
  say(line: string): void;
  onNotice(notice: Notice): void;
  onHistory(executionArn: string, event: HistoryEvent): void;
  log(message: string): void;
  /** What is kept was removed while it is written. */
  onLost(sentence: string): void;
}

/**
 * From options to a session that is ready to run: data folder, assembly, page, plan, configuration. Throws CannotStart,
 * UnreadableTrace, ConfigurationRefused and what openSession throws.
 */
export async function openRun(options: Options, environment: Environment, listeners: RunListeners): Promise<Session> {
  if (options.summary !== undefined) await checkWritable(options.summary);
  const configuration = options.config === undefined ? [] : await readClusterFile(options.config);
  // What is wrong with the input is said before anything is built or emptied.
  const plan = await choosePlan(options, listeners);
  const dataDir = await openDataFolder(options.data, { fresh: options.fresh, exclusive: plan.keepsTables });
  const [{ directory, cached }, page, slack, secrets] = await Promise.all([
    synthesize(join(dataDir, 'assembly'), assemblySettings(environment), () => {
      listeners.say('Synthesizing the AWS stack, as the first start must; that takes some seconds ...');
    }),
    bundlePage(),
    slackSecrets(dataDir, { botToken: environment.SLACK_BOT_TOKEN, signingSecret: environment.SLACK_SIGNING_SECRET }),
    namedSecrets(dataDir),
  ]);
  if (!cached) listeners.say('Assembly synthesized; the next start takes it as it is.');
  return openSession({
    plan,
    page,
    assemblyDir: directory,
    dataDir,
    port: options.port,
    keeping: { sync: options.sync, acceptLoss: options.acceptLoss },
    consolePort: options.consolePort,
    environment,
    slack,
    slackStandIn: options.slackStandIn,
    secrets,
    configuration,
    onNotice: listeners.onNotice,
    onHistory: listeners.onHistory,
    log: listeners.log,
    onLost: listeners.onLost,
  });
}

/** A long run must not end in a summary that has no place to go. */
async function checkWritable(file: string): Promise<void> {
  await access(dirname(resolve(file)), constants.W_OK).catch((cause: unknown) => {
    throw new CannotStart(`Cannot write ${file}: give --summary a file in a folder that exists and is yours.`, {
      cause,
    });
  });
}

async function choosePlan(options: Options, { say }: RunListeners): Promise<Plan> {
  if (options.idle) return idlePlan();
  if (options.trace === undefined) {
    // From midnight on, so that every run of a day shows the same: the lotteries go by the date too.
    return simulatedPlan({ startMs: Math.floor(Date.now() / DAY_MS) * DAY_MS, speed: options.speed });
  }
  const trace = await readTrace(options.trace, { zone: options.timezone });
  for (const note of trace.notes) say(`${options.trace}: ${note}`);
  for (const { line, reason } of trace.problems.slice(0, LISTED_PROBLEMS)) {
    say(`${options.trace} line ${line} skipped: ${reason}`);
  }
  const more = trace.skipped - LISTED_PROBLEMS;
  if (more > 0) say(`${options.trace}: ${more} more bad lines skipped`);
  return tracePlan(trace, { file: options.trace, speed: options.speed });
}
