import { describe, expect, it } from 'vitest';
import { holdOutDraw, lottery, ringDraw } from '../../../functions/domain/lottery.ts';

const SALT = 'a-salt-of-enough-length';
const rounds = Array.from({ length: 4_000 }, (_, i) => `job-${i}#2026-11-20T08:00:00.000Z`);

describe('the lottery', () => {
  it('is the same for every retry, and another one with another salt or round', () => {
    expect(lottery(SALT, 'j1')).toBe(lottery(SALT, 'j1'));
    expect(lottery(SALT, 'j1')).not.toBe(lottery(SALT, 'j2'));
    expect(lottery(SALT, 'j1')).not.toBe(lottery('another-salt-of-letters', 'j1'));
  });

  it('draws numbers from 0 up to 1, evenly', () => {
    const draws = rounds.map((round) => lottery(SALT, round));
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    const tenths = Array.from({ length: 10 }, (_, i) => draws.filter((draw) => Math.floor(draw * 10) === i).length);
    // 400 each, give or take four standard deviations.
    for (const count of tenths) expect(Math.abs(count - 400)).toBeLessThan(4 * Math.sqrt(360));
  });

  it('holds out and samples by two draws: the jobs that are held out are not the ones that enter the rings', () => {
    const held = rounds.filter((round) => holdOutDraw(SALT, round) < 0.1);
    const both = held.filter((round) => ringDraw(SALT, round) < 0.1);
    expect(Math.abs(held.length - 400)).toBeLessThan(80);
    expect(Math.abs(both.length / held.length - 0.1)).toBeLessThan(0.06);
    expect(ringDraw(SALT, 'j1')).toBe(lottery(SALT, 'tj1'));
  });
});
