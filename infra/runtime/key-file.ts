import { existsSync, readFileSync } from 'node:fs';
import { WAY_OUT, writeDurably } from './data-folder.ts';

/** A key file is empty, cut or garbled. */
export class KeyUnusable extends Error {
  override readonly name = 'KeyUnusable' as const;
}

/** How a key is kept in its file. */
export interface KeyForm<Key> {
  make(): string;
  /** Undefined for anything but what `make` gave. */
  read(text: string): Key | undefined;
}

/**
 * The key in a file that only its owner reads: made where there is none, and checked for its form, since whatever is signed
 * with an empty or a wrong key is worth nothing.
 * @throws KeyUnusable naming the file, never what is in it
 */
export function keyIn<Key>(file: string, { make, read }: KeyForm<Key>): Key {
  if (!existsSync(file)) writeDurably(file, make());
  const key = read(readFileSync(file, 'utf8'));
  if (key === undefined) throw new KeyUnusable(`${file} does not hold a key as vgac makes it: ${WAY_OUT}.`);
  return key;
}
