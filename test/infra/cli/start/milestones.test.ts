import { describe, expect, it } from 'vitest';
import { Milestones } from '../../../../infra/cli/start/milestones.ts';
import type { Verdict } from '../../../../schemas/verdict.ts';
import { evidenceOf } from '../../../unit/domain/figure-rows.ts';

const EVIDENCE = 'ECE 0.020 (n 300, perfect 0.030)';

/** As many decisions on the same evidence. */
const during = (decisions: number, more: Partial<Verdict>) => Array.from({ length: decisions }, () => evidenceOf(more));
const learning = during(10, { scope: 'escalate', earnedTier: 0 });

function tell(steps: readonly (Verdict | string)[]): string[] {
  const milestones = new Milestones('slurm');
  return steps.flatMap((step) => {
    if (typeof step !== 'string') return milestones.observe(step)?.text ?? [];
    milestones.mark(step);
    return [];
  });
}

describe('what a cluster may do alone', () => {
  it('is told tier by tier as it is earned, each at once', () => {
    expect(tell([...learning, ...[1, 2, 3].map((earnedTier) => evidenceOf({ earnedTier }))])).toEqual([
      `slurm has earned annotate after 300 outcomes: ${EVIDENCE}`,
      `slurm has earned warn after 300 outcomes: ${EVIDENCE}`,
      `slurm has earned suggest after 300 outcomes: ${EVIDENCE}`,
    ]);
  });

  it('says nothing of a tier that has nothing to do there', () => {
    const milestones = new Milestones('slurm', 3);
    const at = (earnedTier: number) => milestones.observe(evidenceOf({ earnedTier }))?.text;
    expect([3, 4, 3, 3, 3, 3, 3, 3].map(at).filter((text) => text !== undefined)).toEqual([
      `slurm has earned annotate, warn and suggest after 300 outcomes: ${EVIDENCE}`,
    ]);
  });

  it('is told together where tiers are earned together', () => {
    expect(tell([evidenceOf({ earnedTier: 3 })])).toEqual([
      `slurm has earned annotate, warn and suggest after 300 outcomes: ${EVIDENCE}`,
    ]);
  });

  it('goes with how many jobs after what explains it, and why', () => {
    const reasons = [{ code: 'score', message: 'the score is too low', scope: 'escalate' as const }];
    const lost = during(5, { scope: 'escalate', earnedTier: 1, reasons });
    const steps = [...during(3, { earnedTier: 3 }), 'it lost nodes', ...during(41, { earnedTier: 3 }), ...lost];
    expect(tell(steps).slice(1)).toEqual([
      'slurm may do nothing on its own now, 41 jobs after it lost nodes: the score is too low',
    ]);
  });

  it('goes in part, and says what is left', () => {
    expect(tell([...during(3, { earnedTier: 3 }), ...during(5, { earnedTier: 1 })]).slice(1)).toEqual([
      `slurm may only annotate on its own now: ${EVIDENCE}`,
    ]);
  });

  it('comes back', () => {
    const steps = [
      ...during(3, { earnedTier: 3 }),
      ...during(9, { scope: 'escalate' }),
      'its nodes came back',
      ...during(1, { scope: 'escalate' }),
      ...during(9, { earnedTier: 2 }),
      ...during(9, { earnedTier: 3 }),
    ];
    expect(tell(steps).slice(2)).toEqual([
      `annotate and warn are back in slurm, 1 job after its nodes came back: ${EVIDENCE}`,
      `suggest is back in slurm, 10 jobs after its nodes came back: ${EVIDENCE}`,
    ]);
  });

  it('is not told while it flickers', () => {
    const flicker = [1, 2, 1, 2, 2, 2, 2, 1, 2].flatMap((earnedTier) => during(2, { earnedTier }));
    expect(tell([evidenceOf({ earnedTier: 2 }), ...flicker])).toHaveLength(1);
  });
});
