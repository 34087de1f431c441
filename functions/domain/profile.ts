import type * as z from 'zod';
import type { ProfileItem, Usual } from '../../schemas/items/cluster.ts';
import type { Observation, VgacCalibration } from '../../schemas/ports/vgac.ts';
import { clip } from './calibration/normal.ts';

export type Profile = Omit<z.infer<typeof ProfileItem>, 'PK' | 'SK' | 'v'>;

const HOURS = 24;
/** The profile moves with time, not with jobs: a busy cluster updates it no more often than a quiet one. */
const EVERY_MS = 5 * 60_000;
/** An hour of the day needs two days of observations before it has a baseline, and the whole day before anything is unusual. */
const SEASONED = { hour: 24, day: 2 * 288 } as const;
/** Observations behind the baseline of an hour (a week of that hour), and behind the spread of a quantity (three days). */
const MEMORY = { hour: 7 * 12, spread: 3 * 288 } as const;
/** An outlier moves the profile by at most this many spreads, so that a bad day does not become the baseline. */
const OUTLIER = 4;
/** A watched quantity; `scale` makes its noise about equally large at every level. */
interface Quantity {
  readonly name: 'queue' | 'utilisation' | 'memory';
  readonly value: (seen: Observation) => number | null;
  readonly scale: (value: number) => number;
  readonly unscale: (scaled: number) => number;
  /**
   * How many mean deviations from this hour's baseline are unusual; 4 are 3.2 standard deviations of a normal. Tuned by
   * simulation (profile-sensitivity.test.ts): less than one false alarm a day over all quantities.
   */
  readonly unusual: number;
  /** Smallest deviation worth reporting, on the scale. */
  readonly matters: number;
  /** The same in the unit itself. */
  readonly atLeast: number;
  /** A short queue is not worth reporting. */
  readonly onlyAbove: boolean;
  readonly words: (value: number, usual: number) => string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    name: 'queue',
    value: ({ queueDepth }) => queueDepth,
    scale: Math.log1p,
    unscale: Math.expm1,
    // The most sensitive one: a doubled queue has to be noticed soon.
    unusual: 3.5,
    matters: Math.log(1.5),
    atLeast: 5,
    onlyAbove: true,
    words: (value, usual) => `queue depth ${value}, usually ${usual.toFixed(0)}`,
  },
  {
    name: 'utilisation',
    value: ({ gpuUtilization }) => gpuUtilization,
    scale: (value) => value,
    unscale: (scaled) => scaled,
    unusual: 4.5,
    matters: 15,
    atLeast: 15,
    onlyAbove: false,
    words: (value, usual) => `GPU utilisation ${value.toFixed(0)} %, usually ${usual.toFixed(0)} %`,
  },
  {
    name: 'memory',
    value: ({ gpuMemoryUsed }) => gpuMemoryUsed,
    scale: Math.log1p,
    unscale: Math.expm1,
    unusual: 5,
    matters: Math.log(1.25),
    atLeast: 0,
    onlyAbove: false,
    words: (value, usual) => `GPU memory ${value.toFixed(0)}, usually ${usual.toFixed(0)}`,
  },
];

/**
 * What is unusual about the cluster for this hour of the day, in words. Only shown to people; it changes no scope.
 *
 * Sensitivity, simulated with a daily rhythm and autocorrelated noise of 20 % (profile-sensitivity.test.ts): with one
 * observation every five minutes, about one false alarm in three days over all three quantities. A queue that doubles for
 * two hours is noticed nine times in ten if it is usually 20 deep, mostly within 15 minutes; seven times in ten at 10; and
 * four in ten at 5, where it doubles by chance too often to stand out from noise.
 */
export function anomalies(profile: Profile | null, seen: Observation, now: Date): string[] {
  if (!profile || profile.observations < SEASONED.day) return [];
  const hour = now.getUTCHours();
  return QUANTITIES.flatMap((quantity) => {
    const usual = profile[quantity.name];
    const value = quantity.value(seen);
    const centre = usual?.hours[hour];
    if (!usual || value === null || !centre || centre.n < SEASONED.hour) return [];
    const by = quantity.scale(value) - centre.usual;
    const size = quantity.onlyAbove ? by : Math.abs(by);
    const plain = quantity.unscale(centre.usual);
    const material = size > quantity.matters && Math.abs(value - plain) >= quantity.atLeast;
    return material && size > quantity.unusual * usual.spread ? [quantity.words(value, plain)] : [];
  });
}

/** Whether another observation is due: one every five minutes. */
export function isLearningDue(profile: Profile | null, now: Date): boolean {
  return !profile || now.getTime() - Date.parse(profile.last_updated) >= EVERY_MS;
}

/**
 * The profile after one more observation.
 * @param typicalWaitMinutes median wait of the newest started jobs; null while unknown
 */
export function learn(
  profile: Profile | null,
  seen: Observation,
  vgac: Pick<z.infer<typeof VgacCalibration>, 'ece' | 'recalibration_needed'> | null,
  typicalWaitMinutes: number | null,
  now: Date,
): Profile {
  const observations = (profile?.observations ?? 0) + 1;
  const weight = Math.max(1 / 288, 1 / observations);
  const move = (usual: number, value: number) => usual + weight * (value - usual);
  const hour = now.getUTCHours();
  const moved = QUANTITIES.flatMap((quantity) => {
    const value = quantity.value(seen);
    const known = profile?.[quantity.name];
    if (value === null) return known ? [[quantity.name, known]] : [];
    return [[quantity.name, movedUsual(known, quantity.scale(value), hour)]];
  });
  const usual: Partial<Record<Quantity['name'], Usual>> = Object.fromEntries(moved);
  return {
    observations,
    avg_queue_depth: move(profile?.avg_queue_depth ?? 0, seen.queueDepth),
    avg_gpu_utilization:
      seen.gpuUtilization === null
        ? profile?.avg_gpu_utilization
        : move(profile?.avg_gpu_utilization ?? 0, seen.gpuUtilization),
    typical_wait_minutes: typicalWaitMinutes ?? profile?.typical_wait_minutes,
    peak_hours: peakHours(usual.queue),
    ...usual,
    vgac_ece: vgac?.ece ?? profile?.vgac_ece,
    vgac_recalibration_needed: vgac?.recalibration_needed ?? profile?.vgac_recalibration_needed,
    last_updated: now.toISOString(),
  };
}

/** Hours of the day (UTC) whose usual queue is a quarter deeper than that of the whole day; none on a flat day. */
export function peakHours(queue: Usual | undefined): number[] {
  const known = (queue?.hours ?? []).flatMap(({ n, usual }, hour) =>
    n >= SEASONED.hour ? [{ hour, depth: Math.expm1(usual) }] : [],
  );
  if (known.length === 0) return [];
  const mean = known.reduce((sum, { depth }) => sum + depth, 0) / known.length;
  return known.filter(({ depth }) => depth > 1.25 * mean && depth >= mean + 1).map(({ hour }) => hour);
}

/** Running centre of one hour and running mean deviation of all hours, both clamped against outliers. */
function movedUsual(known: Usual | undefined, value: number, hour: number): Usual {
  const hours = known?.hours ?? Array.from({ length: HOURS }, () => ({ n: 0, usual: 0 }));
  const before = hours[hour] ?? { n: 0, usual: 0 };
  const n = Math.min(before.n + 1, MEMORY.hour);
  const by = before.n === 0 ? 0 : value - before.usual;
  const spread = known?.spread ?? 0;
  const measured = known?.measured ?? 0;
  const held = measured < SEASONED.hour ? by : clip(by, -OUTLIER * spread, OUTLIER * spread);
  const centre = before.n === 0 ? value : before.usual + held / n;
  const counted = before.n === 0 ? measured : Math.min(measured + 1, MEMORY.spread);
  return {
    hours: hours.map((other, i) => (i === hour ? { n, usual: centre } : other)),
    spread: before.n === 0 ? spread : spread + (Math.abs(held) - spread) / counted,
    measured: counted,
  };
}

/** Fewer waits than this say little. */
const LEAST_WAITS = 20;

/**
 * Median wait in minutes. A job labelled long before it started has waited longer than most, so it counts as the longest.
 * @param waits seconds; null for a job that had not started when it was settled
 * @returns null for fewer than 20 waits, or when the median job had not started
 */
export function medianWait(waits: readonly (number | null)[]): number | null {
  if (waits.length < LEAST_WAITS) return null;
  const sorted = waits.map((wait) => wait ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(median) ? median / 60 : null;
}
