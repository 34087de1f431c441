import type { CommanderError } from 'commander';
import { awsTrouble, codeOf } from './aws-trouble.ts';
import { Refused } from './refused.ts';

/** Errors of other rooms whose message already says what is wrong and what to do. */
const CLEAR = new Set([
  'OtherLayout',
  'UnreadableItem',
  'UnreadableState',
  'UnreadableTrace',
  'UnsupportedAssembly',
  'UnsupportedDefinition',
  'TableChanged',
  'TablesUnusable',
  'DataFolderUnusable',
  'FolderInUse',
  'TooFewDescriptors',
  'JournalDamaged',
  'KeyUnusable',
  'NoApproverKey',
]);

/** One sentence about an error that people can do something about; null for a fault of ours. */
export function sentenceOn(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (isDiskFull(error)) return 'There is no space left on the disk: make room and run the command again.';
  if (error instanceof Refused || CLEAR.has(error.name)) return error.message;
  return awsTrouble(error) ?? fileTrouble(error);
}

/**
 * What to print about an error that ends a command: a sentence, or for a fault of ours where to look. With `debug` it is the
 * whole error, its stack and its causes.
 */
export function explain(error: unknown, { debug = false }: { debug?: boolean } = {}): string {
  const sentence = sentenceOn(error);
  if (debug && error instanceof Error) return withCauses(error);
  if (sentence !== null) return sentence;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `This should not have happened (${what}). Run the command again with --debug to see where, and report that.`;
}

/** Commander's own message in one sentence that says where to read on. */
export function explainUsage(error: CommanderError, help: string): string {
  const [problem = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const hint = rest
    .join(' ')
    .replace(/^\s*\((.*)\)\s*$/, '$1')
    .trim();
  const parts = [problem, hint].filter((part) => part !== '').map((part) => part.replace(/\s*\.$/, ''));
  const [first = '', ...more] = parts;
  const capital = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  return `${[capital, ...more].map(ended).join(' ')} ${help}`;
}

const ended = (sentence: string) => (/[.?!]$/.test(sentence) ? sentence : `${sentence}.`);

/** The tables say it in words, which may stand several causes deep. */
function isDiskFull(error: Error): boolean {
  if (codeOf(error) === 'ENOSPC' || error.message.includes('disk is full')) return true;
  return error.cause instanceof Error && isDiskFull(error.cause);
}

/** A file or folder of the person's own that cannot be used. */
function fileTrouble(error: Error): string | null {
  if (!('path' in error && typeof error.path === 'string' && 'syscall' in error)) return null;
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EACCES: 'you are not allowed to use it',
    EISDIR: 'it is a folder',
    ENOTDIR: 'it lies in something that is not a folder',
    EROFS: 'its disk cannot be written to',
  };
  const reason = reasons[codeOf(error) ?? ''];
  return reason === undefined ? null : `${error.path} cannot be used: ${reason}.`;
}

function withCauses(error: Error): string {
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${stack}\nCaused by: ${withCauses(error.cause)}` : stack;
}
