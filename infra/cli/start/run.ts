import { fstatSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import pc from 'picocolors';
import { command } from '../../../functions/domain/command.ts';
import { PART_WORDS } from '../../../functions/domain/figure-words.ts';
import { LINK_MINUTES } from '../../console/session-times.ts';
import type { Notice } from '../../console/views.ts';
import { EXIT } from '../result.ts';
import { CannotStart } from './cannot-start.ts';
import { renderSummary } from './closing-table.ts';
import type { HumanMoment } from './human-moment.ts';
import { type Interrupted, onInterrupt } from './interrupt.ts';
import { openRun } from './open-run.ts';
import type { Options } from './options.ts';
import { type ProgressView, showProgress, TONE_COLOUR } from './progress.ts';
import type { Session } from './session.ts';
import { sparedInWords } from './spared-words.ts';
import { wrapped } from './status-line.ts';
import { disagreements, type Summary } from './summary.ts';
import { waitForPerson } from './waiting.ts';
import type { FirstDecision } from './watch.ts';

/** What a run tells people, on stdout or, where a program reads that, on stderr. */
class Screen {
  readonly out: NodeJS.WriteStream;
  #progress: Pick<ProgressView, 'say' | 'notice'> | null = null;

  constructor(out: NodeJS.WriteStream) {
    this.out = out;
  }

  /** A line of text, wrapped between words where the terminal is narrower. */
  say(text: string): void {
    if (this.#progress !== null) {
      this.#progress.say(text);
      return;
    }
    for (const line of wrapped(text, this.out.columns)) this.out.write(`${line}\n`);
  }

  notice(notice: Notice): void {
    if (this.#progress !== null) this.#progress.notice(notice);
    else this.say(TONE_COLOUR[notice.tone](notice.text));
  }

  /** While this shows progress, lines go above it. */
  async during(progress: ProgressView, work: Promise<void>): Promise<void> {
    this.#progress = progress;
    try {
      await work;
    } finally {
      progress.stop();
      this.#progress = null;
    }
  }
}

/**
 * One start, from its options to its end. Ctrl-C ends it early and cleanly: the feed stops, what is in flight settles,
 * the summary is written. A second Ctrl-C ends it at once.
 */
export async function run(options: Options): Promise<void> {
  // Whatever is kept may hold names of people and their jobs: it is for the owner alone, also what a library writes.
  process.umask(0o077);
  const interrupted = onInterrupt();
  const screen = new Screen(options.json ? process.stderr : process.stdout);
  let moment: HumanMoment | null = null;
  const session = await openRun(options, process.env, {
    say: (line) => screen.say(line),
    onNotice: (notice) => screen.notice(notice),
    onHistory: (arn, event) => moment?.observe(arn, event),
    log: (message) => screen.say(pc.dim(message)),
    onLost(sentence) {
      // At once: closing would only write more into files that are gone.
      writeSync(process.stderr.fd, `${sentence}\n`);
      process.exit(EXIT.failed);
    },
  });
  try {
    sayWhere(session, options, screen);
    void session.watch.firstDecision.then((decision) => screen.say(firstDecisionInWords(decision)));
    if (isSomebodyThere(options)) moment = waitForPerson(session, process.stdin, (line) => screen.say(line));
    void interrupted.promise.then(() => {
      moment?.end();
      session.stop();
    });
    const running = session.run();
    await screen.during(showProgress(session, screen.out), running).finally(() => moment?.end());
    await conclude(session, options, screen);
    if (isSomebodyThere(options)) await stayUp(session, screen, interrupted);
  } finally {
    await session.close();
  }
}

function isSomebodyThere({ exit }: Options): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && !exit;
}

function sayWhere(session: Session, { data }: Options, screen: Screen): void {
  if (session.warning !== null) screen.say(pc.red(session.warning));
  const { person, url } = session.signIn();
  if (othersRead(screen.out)) {
    screen.say(`Console       ${pc.cyan(session.consoleUrl)}`);
    screen.say(`              others can read this output: ${command('sign-in')} prints the link that opens the page`);
  } else {
    screen.say(`Console       ${pc.cyan(url)}`);
    screen.say(
      pc.dim(
        `              opens the page once, within ${LINK_MINUTES} minutes${person === null ? '' : `, and answers as ${person}`}`,
      ),
    );
  }
  screen.say(
    `AWS endpoint  ${pc.cyan(session.system.url)}  (bus vgac, access keys in ${data}/keys, the operator's in ${data}/credentials)`,
  );
  screen.say(pc.dim(`${session.description}. Ctrl-C ends it.`));
}

/** A link signs in whoever finds it first, so none is written into a file that other users of this machine can read. */
function othersRead({ fd }: NodeJS.WriteStream & { readonly fd?: number }): boolean {
  if (fd === undefined) return false;
  const file = fstatSync(fd);
  return file.isFile() && (file.mode & 0o044) !== 0;
}

function firstDecisionInWords({ jobId, clusterId, part, statement }: FirstDecision): string {
  const seconds = process.uptime().toFixed(1);
  return `First decision after ${seconds} s: ${jobId} in ${clusterId}, ${PART_WORDS[part]}: ${statement}`;
}

/** Prints and writes what happened. Sums that do not agree are a fault: they are said, and the process ends with 1. */
async function conclude(session: Session, options: Options, screen: Screen): Promise<void> {
  const summary = await session.summary();
  const { out } = screen;
  out.write(`\n${renderSummary(summary, session.watch.clusters, out.columns)}\n`);
  const spared = sparedInWords(session.spared() ?? []);
  if (spared !== null) out.write(`${wrapped(spared, out.columns, '').join('\n')}\n`);
  for (const fault of disagreements(summary)) {
    screen.say(pc.red(`The sums do not agree: ${fault}`));
    process.exitCode = EXIT.failed;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  if (options.summary !== undefined) await writeSummary(options.summary, summary);
}

async function writeSummary(file: string, summary: Summary): Promise<void> {
  await writeFile(file, `${JSON.stringify(summary, null, 2)}\n`).catch((cause: unknown) => {
    throw new CannotStart(`Cannot write ${file}: give --summary a file in a folder that exists.`, { cause });
  });
}

/** The page outlives the run until somebody has seen enough of it. */
async function stayUp(session: Session, screen: Screen, interrupted: Interrupted): Promise<void> {
  if (interrupted.happened()) return;
  screen.say('');
  screen.say(`The page stays at ${pc.cyan(session.consoleUrl)} until Ctrl-C.`);
  await interrupted.promise;
}
