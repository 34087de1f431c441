import { describe, expect, it } from 'vitest';
import { Notices } from '../../../../infra/cli/start/notices.ts';
import type { Verdict } from '../../../../schemas/verdict.ts';
import { evidenceOf } from '../../../unit/domain/figure-rows.ts';

const verdict = evidenceOf;
/** Another fold, so that time goes on. */
const later = (version: number, more: Partial<Verdict> = {}) => evidenceOf({ version, ...more });

function told(...verdicts: Verdict[]): string[] {
  const texts: string[] = [];
  const notices = new Notices(({ text }) => texts.push(text));
  for (const [index, each] of verdicts.entries()) notices.observe('slurm', each, index * 1000);
  return texts;
}

const earned = 'slurm has earned annotate and warn after 300 outcomes: ECE 0.020 (n 300, perfect 0.030)';
const happening = { clusterId: 'slurm', tone: 'warn' } as const;

describe('what is news about a cluster', () => {
  it('says that drift is there, with the evidence', () => {
    const drifted = verdict({ scope: 'escalate', drift: 'escalate', ece: 0.12 });
    expect(told(verdict(), drifted, drifted)).toEqual([earned, 'drift in slurm: ECE 0.120 (n 300, perfect 0.030)']);
  });

  it('says that another epoch of the forecast is in force, once', () => {
    const none = { earnedTier: 0 };
    expect(told(verdict(none), verdict({ ...none, epoch: 1 }), verdict({ ...none, epoch: 1 }))).toEqual([
      'epoch 1 of the forecast is in force in slurm: for its first 100 outcomes at most act and tell',
    ]);
  });

  it('says that drift is over once it has been gone for 100 folds', () => {
    const drifted = { scope: 'notify', drift: 'degrade' } as const;
    const flicker = [later(1), later(10, drifted), later(20), later(30, drifted), later(40), later(139)];
    expect(told(...flicker)).toEqual([earned, expect.stringMatching(/^drift in slurm: /)]);
    expect(told(...flicker, later(140)).at(-1)).toMatch(/^drift in slurm is over/);
  });

  it('keeps quiet about acting with and without notice', () => {
    expect(told(verdict(), verdict({ scope: 'notify' }), verdict(), verdict({ drift: 'monitor' }))).toEqual([earned]);
  });
});

describe('what happens in a simulated world', () => {
  it('is told, and what goes afterwards is counted from there', () => {
    const texts: string[] = [];
    const notices = new Notices(({ text }) => texts.push(text));
    notices.observe('slurm', verdict(), 0);
    notices.happened({ ...happening, kind: 'nodesLost', text: 'slurm loses 2 nodes' }, 1);
    for (let i = 0; i < 5; i++) notices.observe('slurm', verdict({ earnedTier: 1 }), 2);
    expect(texts.slice(1).map((text) => text.split(':')[0])).toEqual([
      'slurm loses 2 nodes',
      'slurm may only annotate on its own now, 0 jobs after it lost nodes',
    ]);
  });

  it('tells of the first three jobs that start earlier, and of each that a human was asked about', () => {
    const texts: string[] = [];
    const notices = new Notices(({ text }) => texts.push(text));
    for (const text of ['a', 'b', 'c', 'd', 'e']) {
      notices.happened({ ...happening, kind: 'earlierStart', text }, 0, text === 'e');
    }
    expect(texts).toEqual(['a', 'b', 'c', 'e']);
  });
});

describe('a tier that is earned', () => {
  it('is told with what its outcomes come to, where that is known', async () => {
    const texts: string[] = [];
    const record = async (_: string, tier: number) => (tier === 2 ? '21 of 24 came true' : null);
    const notices = new Notices(({ text }) => texts.push(text), record);
    notices.observe('slurm', verdict(), 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(texts).toEqual([`${earned}; 21 of 24 came true`]);
  });

  it('is told without where that cannot be read', async () => {
    const texts: string[] = [];
    const notices = new Notices(
      ({ text }) => texts.push(text),
      () => Promise.reject(new Error('table closed')),
    );
    notices.observe('slurm', verdict(), 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(texts).toEqual([earned]);
  });
});
