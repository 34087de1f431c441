import { describe, expect, it } from 'vitest';
import { argumentsHash } from '../../../functions/domain/ids.ts';
import { printable } from '../../../infra/cli/audit/story-lines.ts';
import { type JobRecords, redacted, storyOf } from '../../../infra/console/story.ts';
import { JobItem } from '../../../schemas/items/job.ts';
import {
  ANNA,
  ASKED,
  aDecision,
  anApproval,
  minutesAfter,
  requeue,
} from '../../unit/application/approvals/builders.ts';
import { anEntry } from '../../unit/domain/figure-rows.ts';

const at = (minutes: number) => minutesAfter(ASKED, minutes).toISOString();
const asks = { tier: 3, ...requeue() };
const said = { action: 'warn', clusterId: 'west-1', jobId: 'job-17', text: 'Job will start in 12 minutes' };
/** A warning alone, beside which a human is asked about the requeue that was called for. */
const decision = aDecision({
  ...{ decidedAt: at(1), tier: 2, arguments: said, argumentsHash: argumentsHash(said) },
  ...{ scope: 'notify', next: 'actAndNotify', executed: true, cost: 10_000, asks },
});

const job = JobItem.parse({
  ...{ PK: 'CLUSTER#west-1', SK: 'JOB#job-17', v: 1, cluster_id: 'west-1', job_id: 'job-17', user: 'ada.lovelace' },
  ...{ submitted_at: at(0), claimed_by: 'arn:aws:states:eu-west-1:1:execution:job-workflow:run-1', queue: 'gpu' },
  request: { gpus: 4, cpuMillis: 1, memoryGb: 1 },
  decision,
  effect: { status: 'done', action: 'warn', decisionId: decision.decisionId, at: at(1), intervened: false },
  approved_effect: {
    ...{ status: 'done', action: 'requeue', decisionId: decision.decisionId, at: at(12), intervened: true },
    undo: { queue: 'gpu' },
  },
  ...{ status: 'acted', closed_at: at(13), long_wait: true, label_at: at(5) },
  ...{ started_at: at(20), actual_wait: 1_200, ended_at: at(90), end_state: 'succeeded' },
  contradicting: [{ type: 'JobStarted', at: at(95) }],
  folded_in: 7,
});

const record = (minutes: number, who: string, what: string, why?: string) => ({
  ...{ PK: 'APPROVAL#x', v: 1 as const, SK: `AUDIT#${at(minutes)}#${what}#${who}`, at: at(minutes), who, what },
  hash: asks.argumentsHash,
  ...(why !== undefined && { why }),
});

const records = (change: Partial<JobRecords> = {}): JobRecords => ({
  job,
  approvals: [
    {
      approval: { ...anApproval(), pinned: decision },
      audit: [
        record(2, 'vgac-agentic', 'asked'),
        record(4, ANNA, 'looked at the details'),
        record(5, 'U0STRANGER', 'refused to approve', 'not among the approvers'),
        record(10, ANNA, 'approved', 'fine, see ada@example.com'),
        record(11, 'vgac-agentic', 'resumed'),
      ],
    },
  ],
  batch: {
    version: 7,
    folded_at: at(21),
    entries: [
      anEntry({
        ...{ jobId: 'job-17', decisionId: decision.decisionId, submittedAt: 0, labelAt: 1, called: 3, tier: 2 },
        ...{ touched: true, longWait: null },
      }),
    ],
  },
  cluster: [],
  ...change,
});

describe('the story of a job', () => {
  it('tells of a freeze of its cluster or of all clusters while it was with us, and of no other', () => {
    const befell = (minutes: number, what: string, cluster = 'west-1') => ({
      ...{
        PK: `CLUSTER#${cluster}`,
        v: 1 as const,
        SK: `AUDIT#${minutes}`,
        at: at(minutes),
        who: ANNA,
        what,
        hash: null,
      },
      why: 'maintenance',
    });
    const cluster = [
      befell(-1, 'froze the cluster'),
      befell(3, 'unfroze the cluster'),
      befell(6, 'froze the cluster', '*'),
      befell(14, 'unfroze the cluster', '*'),
    ];
    const lines = storyOf(records({ cluster })).filter(({ what }) => what.includes('froze'));
    expect(lines.map(({ who, what, why }) => `${who} ${what}: ${why}`)).toEqual([
      `${ANNA} unfroze the cluster: maintenance`,
      `${ANNA} froze all clusters: maintenance`,
    ]);
  });

  it('tells everything in order, with who, when, which arguments and why', () => {
    const lines = storyOf(records()).map((line) => `${line.at.slice(11, 16)} ${line.who} ${line.what}`);
    expect(lines).toEqual([
      '08:00 collector submitted to gpu, 4 GPUs',
      '08:00 vgac-agentic claimed by run-1',
      '08:01 vgac-agentic verdict: notify, score 0.72, ECE 0.056 over 212 outcomes, drift none, epoch 1',
      '08:01 vgac-agentic predicted: 0.820 for a wait over 300 s; 720 s (240 to 1860)',
      '08:01 vgac-agentic decided: the job calls for suggest; done autonomously: warn, and people are notified',
      '08:01 vgac-agentic passed over: suggest',
      '08:01 vgac-agentic asks a human: suggest, requeue → short',
      '08:01 vgac-agentic effect: done, warn',
      '08:02 vgac-agentic approval: asked',
      '08:04 U0ANNA approval: looked at the details',
      '08:05 U0STRANGER approval: refused to approve',
      '08:05 vgac-agentic label: waited long',
      '08:10 U0ANNA approval: approved',
      '08:11 vgac-agentic approval: resumed',
      '08:12 vgac-agentic effect on approval: done, requeue, the scheduler was touched',
      '08:13 vgac-agentic closed: acted',
      '08:20 collector started after 1200 s',
      '08:21 vgac-agentic folded in ledger batch 7',
      '09:30 collector ended, succeeded',
      '09:35 collector contradicted by a later JobStarted',
    ]);
  });

  it('carries the hash of what was done and of what was asked from the decision to the effect', () => {
    const about = (hash: string | null) =>
      storyOf(records()).flatMap((line) => (line.hash === hash ? [line.what.split(':')[0]] : []));
    expect(about(decision.argumentsHash)).toEqual(['decided', 'effect']);
    expect(about(asks.argumentsHash)).toEqual([
      ...['asks a human', 'approval', 'approval', 'approval', 'approval', 'approval', 'effect on approval'],
    ]);
  });

  it('tells each tier that was passed over with the number that it needs, and nothing twice', () => {
    const late = { code: 'asking', message: '6 of 6 questions are open', scope: 'escalate' as const };
    const passedOver = [
      {
        tier: 4,
        reasons: [{ code: 'tokens', message: 'gate: 0.4 tokens are free, 2 are needed', scope: 'escalate' as const }],
      },
      ...decision.passedOver,
    ];
    const reasons = [...passedOver.flatMap((passed) => passed.reasons), late];
    const lines = storyOf(
      records({ job: { ...job, decision: { ...decision, called: 4, asks: null, passedOver, reasons } } }),
    );
    const told = lines.filter(({ what }) => /^(decided|passed over)/.test(what));
    expect(told.map(({ what, why }) => `${what} | ${why}`)).toEqual([
      'decided: the job calls for gate; done autonomously: warn, and people are notified | asking: 6 of 6 questions are open',
      'passed over: gate | tokens: gate: 0.4 tokens are free, 2 are needed',
      'passed over: suggest | ece: suggest: ECE 0.056, at most 0.050',
    ]);
  });

  it.each([
    [{ called: 0, next: 'nothing', tier: 0 }, 'nothing is called for; nothing is done'],
    [{ next: 'act', dryRun: true }, 'the job calls for suggest; would be done autonomously: warn'],
    [{ next: 'ask', tier: 0 }, 'the job calls for suggest; nothing is done autonomously'],
    [{ next: 'withhold', tier: 0 }, 'the job calls for suggest; withheld'],
    [{ next: 'late', tier: 0 }, 'the job calls for suggest; too late, nothing runs'],
    [
      { next: 'holdOut', tier: 3, holdOutShare: 0.1, arguments: requeue().arguments },
      'the job calls for suggest; held out on purpose: suggest, requeue → short, 10 % of these are held out',
    ],
  ] as const)('says of %o what becomes of it', (change, words) => {
    const lines = storyOf(records({ job: { ...job, decision: { ...decision, ...change } } }));
    expect(lines.find(({ what }) => what.startsWith('decided'))?.what).toBe(`decided: ${words}`);
  });

  it('says why in the words that the card used', () => {
    const why = (what: string) => storyOf(records()).find((line) => line.what.startsWith(what))?.why;
    expect(why('approval: asked')).toContain('Over 212 outcomes on this cluster');
    expect(why('approval: refused')).toBe('not among the approvers');
    expect(why('passed over')).toBe('ece: suggest: ECE 0.056, at most 0.050');
    const [only] = records().approvals;
    if (!only) expect.fail('no approval');
    const explained = { ...only, approval: { ...only.approval, explanation: 'in the words of a model' } };
    const lines = storyOf(records({ approvals: [explained] }));
    expect(lines.find(({ what }) => what === 'approval: asked')?.why).toBe('in the words of a model');
  });

  it('tells of a hold that was kept, and of one that was not decided', () => {
    const approval = { ...anApproval(), question: 'keep' as const, pinned: decision };
    const lines = storyOf(records({ approvals: [{ approval, audit: [record(30, 'vgac-agentic', 'expired')] }] }));
    expect(lines.map(({ what }) => what)).toContain('keep the hold: expired');
  });

  it('is told of a job of which only the outcome is known', () => {
    const bare = JobItem.parse({
      ...{ PK: 'x', SK: 'y', v: 1, cluster_id: 'west-1', job_id: 'job-1' },
      ...{ submitted_at: at(0), started_at: at(3) },
    });
    expect(storyOf({ job: bare, approvals: [], batch: null, cluster: [] }).map(({ what }) => what)).toEqual([
      'submitted',
      'started',
    ]);
  });

  it('has no name, address, undo data or execution arn in it', () => {
    const text = JSON.stringify(storyOf(records()));
    expect(text).not.toMatch(/ada|lovelace|example\.com|arn:aws|undo/);
    expect(text).toContain('fine, see [redacted]');
  });

  it('names nobody but by a Slack id', () => {
    const [only] = records().approvals;
    if (!only) expect.fail('no approval');
    const lines = storyOf(records({ approvals: [{ ...only, audit: [record(3, 'ada.lovelace', 'denied')] }] }));
    expect(lines.find(({ what }) => what === 'approval: denied')?.who).toBe('a person without a Slack id');
  });

  it('is printed with the why below each line', () => {
    const [heading, ...lines] = printable(storyOf(records()));
    expect(heading).toContain('west-1 / job-17');
    expect(lines.join('\n')).toMatch(/refused to approve.*\n.*why: not among the approvers/);
    expect(printable([])).toEqual([]);
  });
});

describe('redaction', () => {
  const PIECES = ['xox', 'b-1234', '-abcdef'];
  it.each([
    PIECES.join(''),
    `AKIA${'A'.repeat(16)}`,
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl',
    'Bearer abcdefgh12345678',
    'password=hunter2hunter2',
    'ada@example.com',
    'https://hooks.example.com/services/T0/B0/x',
    'A'.repeat(61),
  ])('takes out %s', (secret) => {
    expect(redacted(`before ${secret} after`)).toBe('before [redacted] after');
  });

  it('leaves sentences and numbers alone', () => {
    const text = 'ECE 0.062 over 212 outcomes; tier 3 needs at most 0.050, dec_0123456789abcdef01234567';
    expect(redacted(text)).toBe(text);
  });
});
