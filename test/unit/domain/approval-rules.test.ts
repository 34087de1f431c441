import { describe, expect, it } from 'vitest';
import { mayApprove } from '../../../functions/domain/approvers.ts';
import { capabilityOf, misconfigured } from '../../../functions/domain/capabilities.ts';
import { decide } from '../../../functions/domain/gate.ts';
import { argumentsHash, decisionId } from '../../../functions/domain/ids.ts';
import { recheck, type WorldNow } from '../../../functions/domain/recheck.ts';
import { configOf, decideInput, trustedState, verdictOf } from './builders.ts';

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

describe('an approved effect', () => {
  const pinned = decide(
    decideInput({ state: trustedState({ drift: 'monitor' }), limits: { coolingDown: true, usedThisHour: 0 } }),
  );
  const world = (change: Partial<WorldNow> = {}): WorldNow => ({
    argumentsHash: pinned.argumentsHash,
    jobPending: true,
    frozen: false,
    limits: { coolingDown: false, usedThisHour: 59 },
    verdict: verdictOf(trustedState({ drift: 'monitor' })),
    config: configOf(),
    ...change,
  });

  it('may run in the world it was approved for, or a better one', () => {
    expect(pinned.next).toBe('ask');
    expect(recheck(pinned, world())).toBeNull();
    expect(recheck(pinned, world({ verdict: verdictOf(trustedState()) }))).toBeNull();
  });

  it.each<[string, Partial<WorldNow>]>([
    ['hash', { argumentsHash: 'another' }],
    ['hash', { argumentsHash: null }],
    ['epoch', { verdict: { ...verdictOf(trustedState()), epoch: 1 } }],
    ['notPending', { jobPending: false }],
    ['frozen', { frozen: true }],
    ['cooldown', { limits: { coolingDown: true, usedThisHour: 0 } }],
    ['rate', { limits: { coolingDown: false, usedThisHour: 60 } }],
    ['drift', { verdict: verdictOf(trustedState({ drift: 'degrade' })) }],
    ['reliability', { verdict: { ...verdictOf(trustedState()), scope: 'notify' } }],
  ])('is void for %s', (code, change) => {
    expect(recheck(pinned, world(change))).toMatchObject({ code, scope: 'escalate' });
  });

  it('is void where the pinned arguments are not those of their hash', () => {
    const { arguments: args } = pinned;
    if (args === null) throw new Error('an approval has arguments');
    const forged = { ...pinned, arguments: { ...args, action: 'requeue' } };
    expect(recheck(forged, world())).toMatchObject({ code: 'hash' });
    expect(recheck({ ...pinned, arguments: null, argumentsHash: null }, world({ argumentsHash: null }))).not.toBeNull();
  });

  it('does not ask for tokens, tau or tiers again', () => {
    const poor = trustedState({ drift: 'monitor', tokens: { statement: 0, intervention: 0 }, tau: 0, whole: null });
    expect(recheck(pinned, world({ verdict: verdictOf(poor) }))).toBeNull();
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
