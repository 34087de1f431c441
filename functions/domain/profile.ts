import type * as z from 'zod';
import type { ProfileItem } from '../../schemas/items/cluster.ts';
import type { Observation, VgacCalibration } from '../../schemas/ports/vgac.ts';

export type Profile = Pick<
  z.infer<typeof ProfileItem>,
  'observations' | 'avg_queue_depth' | 'avg_gpu_utilization' | 'vgac_ece' | 'vgac_recalibration_needed' | 'last_updated'
>;

/** Below a day of five-minute observations a profile knows no usual. */
const SEASONED = 288;
/** One day's memory at one observation every five minutes. */
const WEIGHT = 1 / 288;
/** A busy cluster moves the profile as often as a quiet one: by time, not by jobs. */
const EVERY_MS = 5 * 60_000;

/** What is unusual about the cluster now, in words. Shown to people; it changes no scope. */
export function anomalies(profile: Profile | null, seen: Observation): string[] {
  if (!profile || profile.observations < SEASONED) return [];
  const found: string[] = [];
  // A queue twice its usual depth, and more than noise around an empty one.
  if (seen.queueDepth > 2 * profile.avg_queue_depth + 10) {
    found.push(`queue depth ${seen.queueDepth}, usually ${profile.avg_queue_depth.toFixed(0)}`);
  }
  if (Math.abs(seen.gpuUtilization - profile.avg_gpu_utilization) > 40) {
    found.push(
      `GPU utilisation ${seen.gpuUtilization.toFixed(0)} %, usually ${profile.avg_gpu_utilization.toFixed(0)} %`,
    );
  }
  return found;
}

/** The profile after one more observation, or null when the last one is too recent to count again. */
export function learn(
  profile: Profile | null,
  seen: Observation,
  vgac: Pick<z.infer<typeof VgacCalibration>, 'ece' | 'recalibration_needed'> | null,
  now: Date,
): Profile | null {
  if (profile && now.getTime() - Date.parse(profile.last_updated) < EVERY_MS) return null;
  const observations = (profile?.observations ?? 0) + 1;
  const weight = Math.max(WEIGHT, 1 / observations);
  const move = (usual: number, value: number) => usual + weight * (value - usual);
  return {
    observations,
    avg_queue_depth: move(profile?.avg_queue_depth ?? 0, seen.queueDepth),
    avg_gpu_utilization: move(profile?.avg_gpu_utilization ?? 0, seen.gpuUtilization),
    ...(vgac && { vgac_ece: vgac.ece, vgac_recalibration_needed: vgac.recalibration_needed }),
    last_updated: now.toISOString(),
  };
}
