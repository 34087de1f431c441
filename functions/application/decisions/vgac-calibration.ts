import type * as z from 'zod';
import type { VgacCalibration } from '../../../schemas/ports/vgac.ts';
import type { Vgac } from './vgac.ts';

type Said = z.infer<typeof VgacCalibration>;

/** It changes with VGAC's outcomes, not with our jobs, and is only shown, so one request a minute is enough. */
const TTL_MS = 60_000;
const lastSaid = new Map<string, { said: Said; until: number }>();

/**
 * What VGAC reports of its own calibration on a cluster, at most a minute old; shown beside our own figures.
 * @returns null if VGAC reports none, which is not a failure
 */
export async function ownCalibration(vgac: Vgac, clusterId: string, now: Date): Promise<Said | null> {
  const known = lastSaid.get(clusterId);
  if (known && now.getTime() < known.until) return known.said;
  const said = await vgac.calibration(clusterId).catch(() => null);
  if (said) lastSaid.set(clusterId, { said, until: now.getTime() + TTL_MS });
  return said;
}
