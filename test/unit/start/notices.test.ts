import { describe, expect, it } from 'vitest';
import { Notices } from '../../../infra/embedded/start/notices.ts';
import type { Verdict } from '../../../schemas/verdict.ts';

const verdict = (more: Partial<Verdict> = {}): Verdict => ({
  ...{ score: 0.9, scope: 'autonomous', ece: 0.02, eceLower: 0, eceUpper: 0.04, nullMean: 0.03, n: 300 },
  ...{ hold: 0, epoch: 0, version: 1, drift: 'none', earnedTier: 2, reasons: [] },
  ...more,
});

function told(...verdicts: Verdict[]): string[] {
  const texts: string[] = [];
  const notices = new Notices(({ text }) => texts.push(text));
  for (const [index, each] of verdicts.entries()) notices.observe('slurm', each, index * 1000);
  return texts;
}

describe('what is news about a cluster', () => {
  it('says that drift withdraws autonomy, with the evidence', () => {
    const drifted = verdict({ scope: 'escalate', drift: 'escalate', ece: 0.12 });
    expect(told(verdict(), drifted, drifted)).toEqual([
      'drift in slurm: ECE 0.120 with n 300, a perfect model would show 0.030; autonomy withdrawn',
    ]);
  });

  it('says that another calibration map is in force, once', () => {
    expect(told(verdict(), verdict({ epoch: 1 }), verdict({ epoch: 1 }))).toEqual([
      'calibration map 1 is in force in slurm: for its first 100 outcomes at most act and tell',
    ]);
  });

  it('says that drift costs one scope, and when it is over', () => {
    expect(told(verdict(), verdict({ scope: 'notify', drift: 'degrade' }), verdict())).toEqual([
      expect.stringMatching(/^drift in slurm: .*; one scope less$/),
      expect.stringMatching(/^drift in slurm is over/),
    ]);
  });

  it('says that autonomy is earned, and that probation takes it', () => {
    const learning = verdict({ scope: 'escalate', score: null, ece: null, nullMean: null, n: 10 });
    const message = 'on probation: needs 100 more labels';
    const probation = verdict({
      scope: 'escalate',
      hold: 100,
      reasons: [{ code: 'probation', message, scope: 'escalate' }],
    });
    expect(told(learning, verdict(), probation)).toEqual([
      expect.stringMatching(/^slurm may act alone: ECE 0\.020 with n 300/),
      `autonomy withdrawn in slurm: ${message}`,
    ]);
  });

  it('keeps quiet about acting with and without notice', () => {
    expect(told(verdict(), verdict({ scope: 'notify' }), verdict(), verdict({ drift: 'monitor' }))).toEqual([]);
  });
});
