import { createHmac } from 'node:crypto';

/**
 * A number in [0, 1) for a text, the same for every retry. It is keyed with the cluster's salt, so that nobody can choose a job
 * id that is always, or never, held out.
 */
export function lottery(salt: string, text: string): number {
  const digest = createHmac('sha256', salt).update(text).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** The round's draw for hold-outs. */
export function holdOutDraw(salt: string, round: string): number {
  return lottery(salt, round);
}

/** The round's draw for the rings: a separate one, or mainly held-out jobs would enter them. */
export function ringDraw(salt: string, round: string): number {
  return lottery(salt, `t${round}`);
}
