import { createHmac } from 'node:crypto';

/**
 * A number in [0, 1) for a text, keyed with the cluster's salt, so that nobody can choose a job id that is never, or always, left
 * alone; the same for every retry.
 */
export function lottery(salt: string, text: string): number {
  const digest = createHmac('sha256', salt).update(text).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** The round's number in the lottery of hold-outs. */
export function holdOutDraw(salt: string, round: string): number {
  return lottery(salt, round);
}

/** Its number in the lottery of the rings: another draw, or the held-out jobs would be the ones that enter. */
export function ringDraw(salt: string, round: string): number {
  return lottery(salt, `t${round}`);
}
