import { describe, expect, it } from 'vitest';
import { Notices } from '../../../infra/embedded/start/notices.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import { evidenceOf } from '../figures/rows.ts';

const verdict = evidenceOf;
/** Another fold, so that time goes on. */
const later = (version: number, more: Partial<Verdict> = {}) => evidenceOf({ version, ...more });

function told(...verdicts: Verdict[]): string[] {
  const texts: string[] = [];
  const notices = new Notices(({ text }) => texts.push(text));
  for (const [index, each] of verdicts.entries()) notices.observe('slurm', each, index * 1000);
  return texts;
}

const earned = 'slurm has earned warn: ECE 0.020 (n 300, perfect 0.030)';

describe('what is news about a cluster', () => {
  it('says that a tier is earned, once, and each higher one', () => {
    const tiers = [0, 1, 1, 0, 1, 2, 3, 2, 3].map((earnedTier, i) => later(i, { earnedTier }));
    expect(told(...tiers).map((text) => text.split(':')[0])).toEqual([
      'slurm has earned annotate',
      'slurm has earned warn',
      'slurm has earned suggest',
    ]);
  });

  it('says that tiers are lost when that lasts, and that they come back', () => {
    const without = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => later(from + i, { earnedTier: 0 }));
    expect(told(later(1), ...without(2, 40), later(40))).toEqual([earned]);
    expect(told(later(1), ...without(2, 60), later(60))).toEqual([
      earned,
      'slurm has lost its tiers, it had earned warn: ECE 0.020 (n 300, perfect 0.030)',
      earned,
    ]);
  });

  it('says that drift withdraws autonomy, with the evidence', () => {
    const drifted = verdict({ scope: 'escalate', drift: 'escalate', ece: 0.12 });
    expect(told(verdict(), drifted, drifted)).toEqual([
      earned,
      'drift in slurm: ECE 0.120 (n 300, perfect 0.030); autonomy withdrawn',
    ]);
  });

  it('says that another calibration map is in force, once', () => {
    const none = { earnedTier: 0 };
    expect(told(verdict(none), verdict({ ...none, epoch: 1 }), verdict({ ...none, epoch: 1 }))).toEqual([
      'calibration map 1 is in force in slurm: for its first 100 outcomes at most act and tell',
    ]);
  });

  it('says that drift costs one scope, and that it is over once it has been gone for 100 folds', () => {
    const drifted = { scope: 'notify', drift: 'degrade' } as const;
    const flicker = [later(1), later(10, drifted), later(20), later(30, drifted), later(40), later(139)];
    expect(told(...flicker)).toEqual([earned, expect.stringMatching(/^drift in slurm: .*; one scope less$/)]);
    expect(told(...flicker, later(140)).at(-1)).toMatch(/^drift in slurm is over/);
  });

  it('says that autonomy is earned, and why it goes', () => {
    const learning = verdict({
      ...{ scope: 'escalate', score: null, ece: null, nullMean: null, n: 10, earnedTier: 0 },
      reasons: [{ code: 'learning', message: 'still learning: needs 40 more labels', scope: 'escalate' }],
    });
    const message = 'calibration score 0.412 has to be above 0.60';
    const low = verdict({ scope: 'escalate', reasons: [{ code: 'score', message, scope: 'escalate' }] });
    expect(told(learning, verdict(), low, verdict())).toEqual([
      expect.stringMatching(/^slurm may act alone: ECE 0\.020 \(n 300/),
      earned,
      `autonomy withdrawn in slurm: ${message}`,
      expect.stringMatching(/^slurm may act alone/),
      earned,
    ]);
    expect(told(verdict(), learning).at(-1)).toBe('slurm is learning again: still learning: needs 40 more labels');
  });

  it('keeps quiet about acting with and without notice', () => {
    expect(told(verdict(), verdict({ scope: 'notify' }), verdict(), verdict({ drift: 'monitor' }))).toEqual([earned]);
  });
});
