import { createHmac } from 'node:crypto';
import { type Round, roundText } from './round.ts';

/**
 * Whether an intervention on this job is left out on purpose, so that evidence about untouched jobs goes on. Keyed with the
 * cluster's salt, so that nobody can choose a job id that is never, or always, left alone; the same for every retry.
 *
 * @param share 0 to 1
 */
export function isHeldOut(salt: string, round: Round, share: number): boolean {
  const digest = createHmac('sha256', salt).update(roundText(round)).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48 < share;
}
