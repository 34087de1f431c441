import type { Random } from '../../infra/demo/simulator/random.ts';
import type { Home } from './home.ts';

export interface Arena {
  /** A real `vgac start` in a temporary folder. Whoever needs it otherwise than running puts it back. */
  readonly home: Home;
  readonly random: Random;
  /** A fraction of the tries, for CI. */
  readonly short: boolean;
}

export interface Outcome {
  readonly tries: number;
  /** One sentence for each try that did not hold. */
  readonly broken: readonly string[];
}

/** One kind of attack. What it does, it does from outside: by ports, signals and files. */
export interface Kind {
  readonly name: string;
  readonly about: string;
  run(arena: Arena): Promise<Outcome>;
}

/** Runs tries one after the other; each returns a sentence when it did not hold. */
export async function trying<T>(tries: readonly T[], hold: (one: T) => Promise<string | null>): Promise<Outcome> {
  const broken: string[] = [];
  for (const one of tries) {
    const sentence = await hold(one);
    if (sentence !== null) broken.push(sentence);
  }
  return { tries: tries.length, broken };
}

export const pick = <T>(random: Random, all: readonly [T, ...T[]]): T =>
  all[Math.floor(random() * all.length)] ?? all[0];
