import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../../../functions/adapters/slack/client.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { answerOf } from '../../../../functions/domain/approval.ts';

import { ANNA, ASKED, BEN, buttons, EXPIRES, minutesAfter, words } from './builders.ts';
import { type Process, World } from './world.ts';

const RUNS = 1_000;
const FIVE = minutesAfter(ASKED, 5);
const AFTER = minutesAfter(EXPIRES, 3);

/** What has to be true however it went, once everything works again and the sweeper has come by. */
async function expectOneAnswer(world: World): Promise<void> {
  expect(await world.sweepUntilQuiet(AFTER)).toBeLessThan(20);
  const approval = await world.stored();
  if (!approval) return expect.fail('the approval is gone');
  expect(world.decisions).toBe(1);
  // The execution goes on once, with the stored decision, and at most one effect follows, only from an approval.
  // What was approved and then overtaken by the world went on as approved, and is void now.
  const answer = answerOf(approval);
  const decided = approval.status === 'void' ? { decision: 'approved', by: approval.decided_by } : answer;
  expect(world.continued.map(({ decision, by }) => ({ decision, by }))).toEqual([
    { decision: decided?.decision, by: decided?.by },
  ]);
  expect(world.effects).toBe(approval.status === 'approved' ? 1 : 0);
  expect([...world.memory.items.keys()].filter((key) => key.startsWith('TOKEN#'))).toEqual([]);
  const said = world.audit().filter((what) => /^(approved|denied|expired|void)$/.test(what));
  expect(said.filter((what) => !(approval.status === 'void' && what === 'approved'))).toEqual([approval.status]);
  // A card that was posted by a process that died before it could note it: pressed once more, it says how things stand.
  for (const [ts, card] of world.cards) {
    if (pressable(card)) await world.click({ now: minutesAfter(AFTER, 60) }, BEN, 'approve', ts);
  }
  await world.sweepUntilQuiet(minutesAfter(AFTER, 61));
  const cards = [...world.cards.values()];
  expect(cards.filter(pressable)).toEqual([]);
  const ends = {
    approved: '*Approved* by',
    denied: '*Denied* by',
    expired: '*Expired*',
    void: '*Void*',
    pending: '?',
    autonomous: '?',
  };
  const known = world.cards.get((await world.stored())?.card_ts ?? '');
  expect(known === undefined || words(known).includes(ends[approval.status])).toBe(true);
  expect(known === undefined).toBe(cards.length === 0);
}

const pressable = (card: SlackMessage) => buttons(card).some(({ action }) => action === 'approve' || action === 'deny');

describe('one question', () => {
  const process = (now: Date) =>
    fc.record({
      now: fc.constant(now),
      diesAt: fc.option(fc.integer({ min: 1, max: 16 }), { nil: undefined, freq: 2 }),
      diesAfterTheCall: fc.boolean(),
      slackDown: fc.boolean(),
    });
  const approver = fc.record({
    process: process(FIVE),
    by: fc.constantFrom(ANNA, BEN, ANNA, BEN, 'U0STRANGER', 'U0OWNER'),
    action: fc.constantFrom('approve', 'approve', 'deny', 'details'),
    twice: fc.boolean(),
  });

  it(`has one decision, one resume and at most one effect in ${RUNS} races`, { timeout: 120_000 }, async () => {
    const seen = { approved: 0, denied: 0, expired: 0, void: 0, pending: 0, autonomous: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(approver, { minLength: 2, maxLength: 5 }),
        process(ASKED),
        fc.option(process(minutesAfter(EXPIRES, 1))),
        fc.array(process(AFTER), { maxLength: 2 }),
        fc.record({ happens: fc.boolean(), process: process(minutesAfter(ASKED, 8)) }),
        async (scheduler, approvers, request, timeout, sweepers, overtaken) => {
          const world = new World(() => scheduler.schedule(Promise.resolve()));
          world.overtaken = overtaken.happens;
          const everybody: Promise<unknown>[] = [world.request(request)];
          await scheduler.waitFor(Promise.all(everybody));
          const clicks = approvers.flatMap((one) => (one.twice ? [one, one] : [one]));
          const races = clicks.map(({ process: each, by, action }) => world.click({ ...each }, by, action));
          if (timeout) races.push(world.timeOut({ ...timeout }));
          races.push(...sweepers.map((each) => world.run({ ...each }, sweep)));
          await scheduler.waitFor(Promise.all(races));
          world.calm();
          await world.void({ ...overtaken.process });
          await expectOneAnswer(world);
          const { status } = (await world.stored()) ?? { status: 'pending' as const };
          seen[status] += 1;
        },
      ),
      { numRuns: RUNS, seed: 20261120, endOnFailure: true },
    );
    // A simulation in which one side never wins would prove nothing.
    expect(seen.pending + seen.autonomous).toBe(0);
    expect(Math.min(seen.approved, seen.denied, seen.expired, seen.void)).toBeGreaterThan(RUNS / 40);
  });
});

describe('a crash at every call', () => {
  /** Runs `story` with a process that dies at call 1, 2, 3 ... until it lives, both before and after the call. */
  async function atEveryCall(story: (world: World, dying: (now: Date) => Process) => Promise<void>): Promise<number> {
    let crashes = 0;
    for (const diesAfterTheCall of [false, true]) {
      for (let diesAt = 1; ; diesAt++) {
        const world = new World();
        let doomed: Process | undefined;
        await story(world, (now) => {
          doomed = { now, diesAt, diesAfterTheCall };
          return doomed;
        });
        await expectOneAnswer(world);
        if (!doomed?.dead) break;
        crashes += 1;
      }
    }
    return crashes;
  }

  it('of the click that approves is finished by the sweeper', async () => {
    const crashes = await atEveryCall(async (world, dying) => {
      await world.request({ now: ASKED });
      await world.click(dying(FIVE), ANNA, 'approve');
      await world.run({ now: minutesAfter(ASKED, 6) }, sweep);
    });
    expect(crashes).toBeGreaterThan(20);
  });

  it('of the click that denies is finished by the sweeper', async () => {
    const crashes = await atEveryCall(async (world, dying) => {
      await world.request({ now: ASKED });
      await world.click(dying(FIVE), BEN, 'deny');
    });
    expect(crashes).toBeGreaterThan(20);
  });

  it('of the function that asks is made good by its retry or by the sweeper', async () => {
    const crashes = await atEveryCall(async (world, dying) => {
      await world.request(dying(ASKED));
      await world.run({ now: minutesAfter(ASKED, 2) }, sweep);
      await world.click({ now: FIVE }, ANNA, 'approve');
    });
    expect(crashes).toBeGreaterThan(10);
  });

  it('of the timeout is made good by its retry', async () => {
    const crashes = await atEveryCall(async (world, dying) => {
      await world.request({ now: ASKED });
      await world.timeOut(dying(minutesAfter(EXPIRES, 1)));
    });
    expect(crashes).toBeGreaterThan(8);
  });

  it('of the sweeper itself is finished by the next one, whatever it was doing', async () => {
    const crashes = await atEveryCall(async (world, dying) => {
      await world.request({ now: ASKED, slackDown: true });
      await world.click({ now: FIVE, diesAt: 4 }, ANNA, 'approve');
      await world.run(dying(minutesAfter(ASKED, 6)), sweep);
    });
    expect(crashes).toBeGreaterThan(15);
  });
});

describe('whoever comes later', () => {
  it('hears who decided and when', async () => {
    const world = new World();
    await world.request({ now: ASKED });
    await world.click({ now: FIVE }, ANNA, 'approve');
    await world.click({ now: minutesAfter(ASKED, 7) }, BEN, 'deny');
    expect(world.privateReplies).toEqual(['✅ *Approved* by <@U0ANNA>, 2026-11-20 08:05 UTC.']);
  });
});
