import { writeFile } from 'node:fs/promises';
import pc from 'picocolors';
import { PART_WORDS } from '../../functions/domain/figure-words.ts';
import type { Notice } from '../console/views.ts';
import { renderSummary } from './start/closing-table.ts';
import { explain } from './start/explain.ts';
import type { HumanMoment } from './start/human-moment.ts';
import { onInterrupt } from './start/interrupt.ts';
import { openRun } from './start/open-run.ts';
import { type Options, parseOptions } from './start/options.ts';
import { showProgress, TONE_COLOUR } from './start/progress.ts';
import type { Session } from './start/session.ts';
import { sparedInWords } from './start/spared-words.ts';
import { wrapped } from './start/status-line.ts';
import { CannotStart } from './start/stop-with.ts';
import { disagreements } from './start/summary.ts';
import { waitForPerson } from './start/waiting.ts';

/** A line of text, wrapped between words where the terminal is narrower. */
const say = (text: string) => {
  for (const line of wrapped(text, process.stdout.columns)) process.stdout.write(`${line}\n`);
};

/** Prints and writes what happened. Sums that do not agree are a fault: they are said, and the process ends with 1. */
async function conclude(session: Session, options: Options): Promise<void> {
  const summary = await session.summary();
  const { columns } = process.stdout;
  process.stdout.write(`\n${renderSummary(summary, session.watch.clusters, columns)}\n`);
  const spared = sparedInWords(session.spared() ?? []);
  if (spared !== null) process.stdout.write(`${wrapped(spared, columns, '').join('\n')}\n`);
  for (const fault of disagreements(summary)) {
    say(pc.red(`The sums do not agree: ${fault}`));
    process.exitCode = 1;
  }
  if (options.summary === undefined) return;
  await writeFile(options.summary, `${JSON.stringify(summary, null, 2)}\n`).catch((cause: unknown) => {
    throw new CannotStart(`Cannot write ${options.summary}: give --summary a file in a folder that exists.`, { cause });
  });
}

/**
 * One start, from its options to its end. Ctrl-C ends it early and cleanly: the feed stops, what is in flight settles,
 * the summary is written. A second Ctrl-C ends it at once.
 */
async function run(options: Options): Promise<void> {
  const interrupted = onInterrupt();
  const somebodyThere = process.stdin.isTTY === true && process.stdout.isTTY === true && !options.exit;
  let moment: HumanMoment | null = null;
  const screen = { say, notice: ({ tone, text }: Notice) => say(TONE_COLOUR[tone](text)) };
  const session = await openRun(options, process.env, {
    say,
    onNotice: (notice) => screen.notice(notice),
    onHistory: (arn, event) => moment?.observe(arn, event),
    log: (message) => screen.say(pc.dim(message)),
  });
  try {
    say(`Console       ${pc.cyan(session.consoleUrl)}`);
    if (session.signIn) {
      say(`Approvals     ${pc.cyan(session.signIn.url)}`);
      say(pc.dim(`              answers as ${session.signIn.person} for 12 hours; keep it to yourself`));
    }
    say(`AWS endpoint  ${pc.cyan(session.system.url)}  (bus vgac, access key in ${options.data}/credentials)`);
    say(pc.dim(`${session.description}. Ctrl-C ends it.`));
    void session.watch.firstDecision.then(({ jobId, clusterId, part, statement }) =>
      screen.say(
        `First decision after ${process.uptime().toFixed(1)} s: ${jobId} in ${clusterId}, ${PART_WORDS[part]}: ${statement}`,
      ),
    );
    if (somebodyThere) moment = waitForPerson(session, process.stdin, (line) => screen.say(line));
    void interrupted.then(() => {
      moment?.end();
      session.stop();
    });
    const running = session.run();
    const progress = showProgress(session);
    Object.assign(screen, progress);
    try {
      await running;
    } finally {
      moment?.end();
      progress.stop();
      Object.assign(screen, { say, notice: ({ tone, text }: Notice) => say(TONE_COLOUR[tone](text)) });
    }
    await conclude(session, options);
    if (somebodyThere && !interrupted.happened()) {
      say('');
      say(`The page stays at ${pc.cyan(session.consoleUrl)} until Ctrl-C.`);
      await interrupted;
    }
  } finally {
    await session.close();
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options !== null) await run(options);
} catch (error) {
  process.stderr.write(`${pc.red(explain(error))}\n`);
  process.exitCode = 1;
}
