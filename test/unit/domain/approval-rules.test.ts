import { describe, expect, it } from 'vitest';
import { mayApprove } from '../../../functions/domain/approvers.ts';
import { capabilityOf, misconfigured } from '../../../functions/domain/capabilities.ts';
import { decide } from '../../../functions/domain/gate.ts';
import { argumentsHash, decisionId } from '../../../functions/domain/ids.ts';
import { permission } from '../../../functions/domain/permission.ts';
import { recheck, type WorldNow } from '../../../functions/domain/recheck.ts';
import { effectIdOf, subjectOf } from '../../../functions/domain/subject.ts';
import { aDecision, aVerdict } from '../../fixtures/builders.ts';
import { anApproval } from '../application/approvals/builders.ts';
import { configOf, decideInput } from './builders.ts';

describe('who may approve', () => {
  const config = configOf({
    approvers: { suggest: ['U0SUGGEST', 'U0OWNER'], gate: ['U0GATE'] },
    users: { ada: 'U0OWNER' },
  });
  const ask = (slackUserId: string, change: object = {}) =>
    mayApprove({ config, tier: 'suggest', user: 'ada', slackUserId, ...change });

  it('is whoever is configured for the cluster and the tier', () => {
    expect(ask('U0SUGGEST')).toEqual({ ok: true });
    expect(ask('U0GATE')).toMatchObject({ ok: false });
    expect(ask('U0GATE', { tier: 'gate' })).toEqual({ ok: true });
    expect(ask('U0SUGGEST', { tier: 'gate' })).toMatchObject({ ok: false });
    expect(ask('U0SUGGEST', { tier: 'warn' })).toMatchObject({ ok: false });
  });

  it("is never the job's own user", () => {
    expect(ask('U0OWNER')).toMatchObject({ ok: false, reason: expect.stringContaining('your own job') });
    const open = { ...config, allowUnmappedUsers: true };
    expect(ask('U0OWNER', { config: open })).toMatchObject({ ok: false });
  });

  it.each(['bob', undefined, '__proto__', 'toString'])('is nobody for the job of %s, who is not mapped', (user) => {
    expect(ask('U0SUGGEST', { user })).toMatchObject({ ok: false, reason: expect.stringContaining('no Slack id') });
    expect(ask('U0SUGGEST', { user, config: { ...config, allowUnmappedUsers: true } })).toEqual({ ok: true });
  });
});

const LIMITS = { coolingDown: false, usedThisHour: 0 };
const ASKED_FOR = { action: 'requeue', clusterId: 'gpu-a', jobId: 'job-1', target: 'short' };
const asks = { tier: 3, arguments: ASKED_FOR, argumentsHash: argumentsHash(ASKED_FOR) };
const OWN = { action: 'warn', clusterId: 'gpu-a', jobId: 'job-1', text: '~12 minutes' };
const evidence = aVerdict({ scope: 'notify', drift: 'monitor' });
/** A statement done autonomously, and a requeue that was called for and is asked. */
const pinned = aDecision({ arguments: OWN, argumentsHash: argumentsHash(OWN), called: 3, asks, evidence });
const subject = subjectOf(pinned, 'act') ?? expect.fail('nothing is asked');

describe('an approved effect', () => {
  const world = (change: Partial<WorldNow> = {}): WorldNow => ({
    argumentsHash: asks.argumentsHash,
    notPending: null,
    touches: true,
    frozen: false,
    limits: { coolingDown: false, usedThisHour: 59 },
    verdict: evidence,
    config: { ...configOf(), dryRun: false },
    ...change,
  });

  it('may run in the world it was approved for, or a better one', () => {
    expect(recheck({ subject, pinned }, world())).toBeNull();
    expect(recheck({ subject, pinned }, world({ verdict: aVerdict() }))).toBeNull();
  });

  it.each<[string, Partial<WorldNow>]>([
    ['hash', { argumentsHash: 'another' }],
    ['hash', { argumentsHash: null }],
    ['hash', { argumentsHash: argumentsHash(OWN) }],
    ['epoch', { verdict: aVerdict({ epoch: 2 }) }],
    ['notPending', { notPending: 'the job started' }],
    ['frozen', { frozen: true }],
    ['cooldown', { limits: { coolingDown: true, usedThisHour: 0 } }],
    ['rate', { limits: { coolingDown: false, usedThisHour: 60 } }],
    ['drift', { verdict: aVerdict({ drift: 'degrade' }) }],
    ['reliability', { verdict: aVerdict({ scope: 'escalate' }) }],
  ])('is void for %s', (code, change) => {
    expect(recheck({ subject, pinned }, world(change))).toMatchObject({ code, scope: 'escalate' });
  });

  it('that was asked in dry run never becomes a real one', () => {
    const dry = { subject, pinned: { ...pinned, dryRun: true } };
    expect(recheck(dry, world())).toMatchObject({ code: 'dryRun' });
    expect(recheck(dry, world({ touches: false }))).toBeNull();
  });

  it('is void where the pinned arguments are not those of their hash', () => {
    const forged = { ...subject, arguments: { ...ASKED_FOR, target: 'mine' } };
    expect(recheck({ subject: forged, pinned }, world())).toMatchObject({ code: 'hash' });
  });

  it('does not ask for promises, tokens or tiers again: a human decided', () => {
    const poor = aVerdict({ scope: 'notify', drift: 'monitor', earnedTier: 0, skilled: false, ece: 0.3 });
    expect(recheck({ subject, pinned }, world({ verdict: poor }))).toBeNull();
  });
});

describe('what a record permits', () => {
  const now = new Date(pinned.decidedAt);
  const world = { frozen: false, limits: LIMITS, config: { ...configOf(), dryRun: false }, touches: true, now };
  const { decisionId } = pinned;
  const row = {
    ...{ PK: 'CLUSTER#gpu-a', SK: 'JOB#job-1', v: 1 as const, cluster_id: 'gpu-a', job_id: 'job-1' },
    ...{ submitted_at: pinned.submittedAt, decision: pinned },
  };
  const item = anApproval({ pinned, status: 'approved' });

  it('is the statement to the agent itself, and the requeue to whoever was asked, never the other way round', () => {
    expect(permission({ decisionId, row, approval: null, world })).toMatchObject({ may: true, args: OWN });
    const approved = permission({ decisionId, row, approval: { item, verdict: evidence }, world });
    expect(approved).toMatchObject({ may: true, args: ASKED_FOR });
    expect(effectIdOf(decisionId, 'asked')).not.toBe(effectIdOf(decisionId, 'own'));
  });

  it.each([
    ['nobody has answered', { status: 'pending' }],
    ['somebody denied it', { status: 'denied' }],
    ['it only says whether a hold stays', { question: 'keep' }],
    ['it is of another decision', { pinned: aDecision({ ...pinned, decisionId: 'dec_other' }) }],
    ['it is about what the agent did on its own', { subject: { ...subject, whose: 'own' } }],
  ] as const)('is nothing where %s', (_why, change) => {
    const approval = { item: { ...item, ...change }, verdict: evidence };
    expect(() => permission({ decisionId, row, approval, world })).toThrow('does not permit');
  });

  it('is nothing of its own where the agent was not to act', () => {
    const withheld = { ...row, decision: { ...pinned, executed: false } };
    expect(() => permission({ decisionId, row: withheld, approval: null, world })).toThrow("not the agent's");
  });

  it('is no real effect where dry run was decided', () => {
    const dry = { ...row, decision: { ...pinned, dryRun: true } };
    expect(permission({ decisionId, row: dry, approval: null, world })).toMatchObject({
      ...{ may: false, status: 'refused' },
      reason: 'decided in dry run, which was switched off since',
    });
    expect(permission({ decisionId, row: dry, approval: null, world: { ...world, touches: false } }).may).toBe(true);
  });

  it('is void, with its reason, once the job has started', () => {
    const started = { ...row, started_at: '2026-11-20T12:01:00.000Z' };
    expect(permission({ decisionId, row: started, approval: { item, verdict: evidence }, world })).toMatchObject({
      ...{ may: false, status: 'void' },
      reason: 'the job started, 2026-11-20 12:01 UTC',
    });
  });

  it('is nothing where the question was changed after the record', () => {
    const forged = { ...pinned, asks: { ...asks, arguments: { ...ASKED_FOR, target: 'mine' } } };
    const approval = { item, verdict: evidence };
    expect(() => permission({ decisionId, row: { ...row, decision: forged }, approval, world })).toThrow(
      'not the ones that were recorded',
    );
  });
});

describe('dry run', () => {
  const dryRunOf = (change: Record<string, unknown>) => decide(decideInput({ config: configOf(change) })).dryRun;
  const scheduler = { kind: 'simulated', endpoint: 'http://127.0.0.1:1' };

  it('is everything that cannot touch a scheduler, so that every word says would', () => {
    expect(dryRunOf({})).toBe(true);
    expect(dryRunOf({ dryRun: false })).toBe(true);
    expect(dryRunOf({ dryRun: true, scheduler })).toBe(true);
    expect(dryRunOf({ dryRun: false, scheduler })).toBe(false);
  });
});

describe('ids', () => {
  const id = (clusterId: string, jobId: string, submittedAt = '2026-11-20T08:00:00Z') =>
    decisionId({ clusterId, jobId, submittedAt });

  it('are the same for every retry, and differ for every round, job and cluster', () => {
    expect(id('c1', 'j1')).toMatch(/^dec_[0-9a-f]{24}$/);
    expect(id('c1', 'j1')).toBe(id('c1', 'j1', '2026-11-20T08:00:00.000Z'));
    expect(
      new Set([id('c1', 'j1'), id('c1', 'j2'), id('c2', 'j1'), id('c1', 'j1', '2026-11-20T08:00:00.001Z')]).size,
    ).toBe(4);
    expect(id('c:1', 'j')).not.toBe(id('c', '1:j'));
  });

  it('hash arguments whatever the order of their fields, and notice every change', () => {
    const args = { action: 'requeue', clusterId: 'c1', jobId: 'j1', target: 'batch' };
    expect(argumentsHash({ target: 'batch', jobId: 'j1', clusterId: 'c1', action: 'requeue' })).toBe(
      argumentsHash(args),
    );
    for (const change of [{ target: 'gpu' }, { action: 'hold' }, { jobId: 'j2' }, { text: 'x' }]) {
      expect(argumentsHash({ ...args, ...change })).not.toBe(argumentsHash(args));
    }
  });
});

describe('capabilities', () => {
  it.each([
    ['annotate', 1],
    ['warn', 2],
    ['requeue', 3],
    ['adjust-priority', 3],
    ['hold', 4],
  ])('%s is of tier %s and can be taken back', (action, tier) => {
    expect(capabilityOf(action)).toMatchObject({ tier, reversible: true });
  });

  it.each(['delete', '__proto__', 'constructor', ''])('there is none for "%s"', (action) => {
    expect(capabilityOf(action)).toBeNull();
    expect(misconfigured({ action }, 3)).toContain('there is no action');
  });

  it.each([
    ['+100', null],
    ['-5', null],
    ['100', 'signed delta'],
    ['+0', 'signed delta'],
    ['+1e9', 'signed delta'],
  ])('a priority of %s is a delta: %s', (target, fault) => {
    const found = misconfigured({ action: 'adjust-priority', target }, 3);
    if (fault === null) expect(found).toBeNull();
    else expect(found).toContain(fault);
  });
});
