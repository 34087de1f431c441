import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Account, FromSubject, SubjectSettings, Usage } from './messages.ts';

export interface Subject {
  readonly pid: number;
  readonly url: string;
  readonly consoleUrl: string;
  /** Opens one session of the console, within ten minutes. */
  readonly signInUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Seconds from the start of the process until the system listens and its clusters are configured. */
  readonly readySeconds: number;
  onDecided(heard: (jobId: string, at: number, executed: boolean) => void): void;
  onClosed(heard: (jobId: string, status: string) => void): void;
  usage(): Promise<Usage>;
  account(): Promise<Account>;
  close(): Promise<void>;
}

/** Starts the system in a process of its own. */
export async function startSubject(settings: SubjectSettings): Promise<Subject> {
  const started = performance.now();
  const child = fork(fileURLToPath(new URL('./subject.ts', import.meta.url)), [JSON.stringify(settings)], {
    execArgv: process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : [],
  });
  const ended = once(child, 'exit');
  const ready = Promise.withResolvers<Extract<FromSubject, { kind: 'ready' }>>();
  let heardDecided: (jobId: string, at: number, executed: boolean) => void = () => {};
  let heardClosed: (jobId: string, status: string) => void = () => {};
  const usages: ((usage: Usage) => void)[] = [];
  const accounts: ((account: Account) => void)[] = [];
  child.on('message', (message: FromSubject) => {
    if (message.kind === 'ready') ready.resolve(message);
    else if (message.kind === 'decided') for (const job of message.jobs) heardDecided(...job);
    else if (message.kind === 'closed') for (const job of message.jobs) heardClosed(...job);
    else if (message.kind === 'account') accounts.shift()?.(message.account);
    else usages.shift()?.(message.usage);
  });
  child.once('exit', (code) => ready.reject(new Error(`the system ended with ${code} before it was ready`)));
  const { kind: _, ...where } = await ready.promise;
  return {
    ...where,
    pid: child.pid ?? 0,
    readySeconds: (performance.now() - started) / 1000,
    onDecided: (heard) => {
      heardDecided = heard;
    },
    onClosed: (heard) => {
      heardClosed = heard;
    },
    usage: () =>
      new Promise((resolve) => {
        usages.push(resolve);
        child.send({ kind: 'usage' });
      }),
    account: () =>
      new Promise((resolve) => {
        accounts.push(resolve);
        child.send({ kind: 'account' });
      }),
    async close() {
      child.send({ kind: 'close' });
      await ended;
    },
  };
}
