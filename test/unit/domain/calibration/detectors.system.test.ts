import { describe, expect, it } from 'vitest';
import { watchCalibration, watchModel } from '../../../../functions/domain/calibration/detectors.ts';
import { sigmoid } from '../../../../functions/domain/calibration/normal.ts';
import { seeded } from '../seeded.ts';

describe('the detector of calibration', () => {
  it('alarms at most once in 10,000 jobs of a perfectly calibrated model', () => {
    const random = seeded(11);
    const statistics = new Float64Array(13);
    let alarms = 0;
    for (let i = 0; i < 100_000; i++) {
      const q = sigmoid(-1.5 + 3 * (random() + random() - 1));
      if (watchCalibration(statistics, q, random() < q ? 1 : 0)) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(10);
  });

  it('notices a true error of .10 where most jobs start soon: within 200 jobs at the median', () => {
    const delays: number[] = [];
    for (let run = 0; run < 200; run++) {
      const random = seeded(1000 + run * 7919);
      const statistics = new Float64Array(13);
      let n = 0;
      let alarmed = false;
      while (!alarmed && n < 5000) {
        n += 1;
        const q = 0.005 + 0.5 * random() ** 4;
        alarmed = watchCalibration(statistics, q, random() < q + 0.1 ? 1 : 0);
      }
      delays.push(n);
    }
    delays.sort((a, b) => a - b);
    expect(delays[100]).toBeLessThanOrEqual(200);
  });

  it('stays finite at probabilities of 0 and 1 that are wrong', () => {
    const statistics = new Float64Array(13);
    for (const q of [0, 1]) for (const y of [0, 1] as const) watchCalibration(statistics, q, y);
    expect([...statistics].every(Number.isFinite)).toBe(true);
  });
});

/** Mostly small probabilities with a tail, as real clusters show them. */
const realistic = (random: () => number): number => 0.002 + 0.9 * random() ** 6;

describe('the detector of drift in the model', () => {
  it.each<[string, (random: () => number) => number]>([
    ['mostly small scores with a tail', realistic],
    ['uniform scores', (random) => random()],
    ['U-shaped scores', (random) => Math.sin((Math.PI / 2) * random()) ** 4],
    ['scores of almost nothing', (random) => 0.05 * random() ** 2],
    ['scores around one half', (random) => (random() + random() + random() + random()) / 4],
    ['a constant score of almost nothing', () => 0.01],
    ['a constant score', () => 0.1],
    ['a constant score of one half', () => 0.5],
  ])('alarms at most once in 10,000 jobs of a perfectly calibrated model with %s', (_, draw) => {
    const statistics = new Float64Array(13);
    const random = seeded(11);
    let alarms = 0;
    for (let i = 0; i < 200_000; i++) {
      const p = draw(random);
      if (watchModel(statistics, p, random() < p ? 1 : 0)) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(20);
  });

  it('takes a gap of .02 for nothing: its alarm is no more likely than one in 2,500 jobs', () => {
    const statistics = new Float64Array(13);
    const random = seeded(12);
    let alarms = 0;
    for (let i = 0; i < 200_000; i++) {
      const p = realistic(random);
      if (watchModel(statistics, p, random() < p + 0.02 ? 1 : 0)) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(80);
  });

  it('notices a true error of .10 within 200 jobs at the median, within 320 nine times in ten', () => {
    const delays = Array.from({ length: 300 }, (_, run) => {
      const random = seeded(1000 + run * 7919);
      const statistics = new Float64Array(13);
      for (let n = 1; n < 5000; n++) {
        const p = realistic(random);
        if (watchModel(statistics, p, random() < p + 0.1 ? 1 : 0)) return n;
      }
      return 5000;
    }).sort((a, b) => a - b);
    expect(delays[150]).toBeLessThanOrEqual(200);
    expect(delays[270]).toBeLessThanOrEqual(320);
  });
});
