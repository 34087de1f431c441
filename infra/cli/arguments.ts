import { userInfo } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import { Text } from '../../schemas/primitives.ts';

/** A short text that other people will read. */
export function words(value: string): string {
  const parsed = Text.safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError('Use 1 to 256 visible characters.');
  return parsed.data;
}

/** Who does it: the audit names them. */
export function byOption(): Option {
  return new Option('--by <name>', 'who does it').argParser(words).default(userInfo().username);
}
