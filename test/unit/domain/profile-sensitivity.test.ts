import { describe, expect, it } from 'vitest';
import { anomalies, learn, type Profile } from '../../../functions/domain/profile.ts';
import { seeded } from './seeded.ts';

const PER_DAY = 288;
const START = Date.UTC(2026, 0, 1);
const at = (tick: number) => new Date(START + tick * 300_000);

/**
 * A cluster with a rhythm: a queue of about `base` that swings between .55 and 1.8 times that over the day, with autocorrelated noise of
 * 20 % and Poisson arrivals; utilisation of 60 % +- 15, noise 5 points; memory that follows it.
 */
function cluster(seed: number, base: number) {
  const random = seeded(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const poisson = (mean: number) => Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
  let [queueNoise, useNoise] = [0, 0];
  const drift = (noise: number, sd: number) => 0.9 * noise + Math.sqrt(1 - 0.81) * sd * normal();
  const observe = (tick: number, times = 1) => {
    const rhythm = Math.sin(((((tick / 12) % 24) - 8) / 24) * 2 * Math.PI);
    queueNoise = drift(queueNoise, 0.2);
    useNoise = drift(useNoise, 5);
    const queueDepth = poisson(times * base * Math.exp(0.6 * rhythm + queueNoise));
    const gpuUtilization = Math.max(0, Math.min(100, 60 + 15 * rhythm + useNoise));
    const gpuMemoryUsed = gpuUtilization * 8 * Math.exp(0.05 * normal());
    return { queueDepth, gpuUtilization, gpuMemoryUsed, pendingJobs: queueDepth, runningJobs: 40 };
  };
  return { observe, random };
}

/** Two weeks of learning, then a stationary week that is learned on; then the queue doubles for two hours, five times. */
function life(seed: number, base: number) {
  const { observe, random } = cluster(seed, base);
  let profile: Profile | null = null;
  for (let tick = 0; tick < 14 * PER_DAY; tick++) profile = learn(profile, observe(tick), null, null, at(tick));
  let alarms = 0;
  for (let tick = 14 * PER_DAY; tick < 21 * PER_DAY; tick++) {
    const seen = observe(tick);
    if (anomalies(profile, seen, at(tick)).length > 0) alarms += 1;
    profile = learn(profile, seen, null, null, at(tick));
  }
  const noticed = Array.from({ length: 5 }, () => {
    const start = 21 * PER_DAY + Math.floor(random() * PER_DAY);
    for (let after = 0; after < 24; after++) {
      const found = anomalies(profile, observe(start + after, 2), at(start + after));
      if (found.some((words) => words.startsWith('queue'))) return after + 1;
    }
    return Number.POSITIVE_INFINITY;
  });
  return { alarms, noticed, profile };
}

describe('the sensitivity of anomaly detection', () => {
  const lives = Array.from({ length: 10 }, (_, i) => life(i + 1, 20));

  it('is below one false alarm a day in a stationary week with a daily rhythm', () => {
    const perDay = lives.reduce((sum, { alarms }) => sum + alarms, 0) / (lives.length * 7);
    console.info(`false alarms per day: ${perDay.toFixed(2)} of ${PER_DAY} observations`);
    expect(perDay).toBeLessThan(1);
  });

  it('notices a doubled queue within two hours nine times in ten, mostly within a quarter of an hour', () => {
    const noticed = lives.flatMap((each) => each.noticed).sort((a, b) => a - b);
    const inTime = noticed.filter(Number.isFinite).length / noticed.length;
    const median = noticed[Math.floor(noticed.length / 2)] ?? Number.POSITIVE_INFINITY;
    console.info(`doubled queue noticed: ${(100 * inTime).toFixed(0)} %, median after ${median} observations`);
    expect(inTime).toBeGreaterThanOrEqual(0.9);
    expect(median).toBeLessThanOrEqual(3);
  });

  it('is less for a short queue: a handful of jobs doubles by chance, and that is stated, not hidden', () => {
    const shares = [5, 10, 40].map((base) => {
      const noticed = Array.from({ length: 5 }, (_, i) => life(i + 21, base)).flatMap((each) => each.noticed);
      const share = noticed.filter(Number.isFinite).length / noticed.length;
      console.info(`doubled queue of ${base} noticed: ${(100 * share).toFixed(0)} %`);
      return share;
    });
    const [five = 0, ten = 0, forty = 0] = shares;
    expect(five).toBeGreaterThanOrEqual(0.2);
    expect(five).toBeLessThan(0.8);
    expect(ten).toBeGreaterThanOrEqual(0.5);
    expect(forty).toBeGreaterThanOrEqual(0.9);
  });

  it('finds the peak of the day', () => {
    for (const { profile } of lives) {
      expect(profile?.peak_hours).toContain(14);
      expect(profile?.peak_hours).not.toContain(2);
    }
  });
});
