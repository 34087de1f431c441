import { describe, expect, it } from 'vitest';
import { carryOut } from '../../../../functions/application/decisions/carry-out.ts';
import type { EffectStore, StoredOrder } from '../../../../functions/application/decisions/ports.ts';
import {
  type Scheduler,
  SchedulerRefused,
  SchedulerUnavailable,
} from '../../../../functions/application/decisions/scheduler.ts';
import { roundOf } from '../../../../functions/domain/round.ts';
import { whatFollows } from '../../../../functions/domain/what-follows.ts';
import type { ActionArguments } from '../../../../schemas/decision.ts';
import type { Effect } from '../../../../schemas/effect.ts';
import type { JobItem } from '../../../../schemas/items/job.ts';
import type { PlacedEffect } from '../../../../schemas/ports/scheduler.ts';
import { ASKED, aConfig, anOwnDecision, requeue } from '../approvals/builders.ts';

const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const never = new Promise<never>(() => undefined);

/** Jobs of one cluster, each decided to be requeued, before a scheduler whose calls take their time. */
class World {
  ms = ASKED.getTime();
  frozen: StoredOrder['frozen'] = null;
  dryRun = false;
  readonly rows = new Map<string, JobItem>();
  /** Everything that was changed at the scheduler, in order. */
  readonly changes: { jobId: string; what: 'apply' | 'undo'; began: number; at: number }[] = [];
  readonly placed = new Map<string, PlacedEffect>();
  #sleepers: { until: number; wake: () => void }[] = [];
  readonly callMs: number;
  readonly timeoutMs: number;
  readonly keyed: boolean;

  constructor({ callMs = 2_000, timeoutMs = 5_000, keyed = true } = {}) {
    this.callMs = callMs;
    this.timeoutMs = timeoutMs;
    this.keyed = keyed;
  }

  wait(ms: number): Promise<void> {
    const until = this.ms + ms;
    return new Promise((wake) => this.#sleepers.push({ until, wake }));
  }

  /** Lets time pass until nobody waits. */
  async pass(): Promise<void> {
    for (await turns(); this.#sleepers.length > 0; await turns()) {
      this.ms = Math.min(...this.#sleepers.map(({ until }) => until));
      const due = this.#sleepers.filter(({ until }) => until <= this.ms);
      this.#sleepers = this.#sleepers.filter(({ until }) => until > this.ms);
      for (const { wake } of due) wake();
    }
  }

  switchDryRunOn(): void {
    this.dryRun = true;
  }

  async at(seconds: number, happens: () => void): Promise<void> {
    await this.wait(seconds * 1000);
    happens();
  }

  decide(jobId: string): void {
    const submittedAt = ASKED.toISOString();
    const decision = anOwnDecision({ jobId, ...requeue({ jobId }) });
    const key = { PK: 'CLUSTER#west-1', SK: `JOB#${jobId}`, v: 1 as const, cluster_id: 'west-1', job_id: jobId };
    this.rows.set(jobId, { ...key, submitted_at: submittedAt, decision });
  }

  row(jobId: string): JobItem {
    return this.rows.get(jobId) ?? expect.fail(`no row of ${jobId}`);
  }

  change(jobId: string, change: Partial<JobItem>): void {
    this.rows.set(jobId, { ...this.row(jobId), ...change });
  }

  /** One attempt of Act. */
  async act(jobId: string, { scheduler = this.scheduler }: { scheduler?: Scheduler } = {}): Promise<Effect> {
    const row = this.row(jobId);
    const timing = { now: new Date(this.ms), clock: () => new Date(this.ms), wait: (ms: number) => this.wait(ms) };
    const decisionId = row.decision?.decisionId ?? '';
    const order = { ...this.#order(jobId), round: roundOf(row), decisionId, scheduler };
    return carryOut(this.store, order, false, timing);
  }

  #order(jobId: string): StoredOrder {
    const config = aConfig({ dryRun: this.dryRun, limits: { cooldownMinutes: 0, actionsPerHour: 1000 } });
    return { row: this.row(jobId), config, frozen: this.frozen };
  }

  readonly store: EffectStore = {
    readOrder: async ({ jobId }) => this.#order(jobId),
    recordActing: async ({ jobId }, acting) => this.change(jobId, { acting }),
    recordEffect: async ({ jobId }, effect) => this.change(jobId, { effect }),
    loadUsage: async () => ({ coolingDown: false, usedThisHour: 0 }),
    useAction: async () => null,
    loadApproval: async () => expect.fail('nobody was asked'),
    readReliability: async () => expect.fail('nobody was asked'),
    oldestUnfolded: async () => expect.fail('nobody was asked'),
    createCalibration: async () => expect.fail('nobody was asked'),
  };

  readonly scheduler: Scheduler = {
    touches: true,
    find: async (decisionId) => {
      await this.wait(this.callMs);
      return { effect: this.keyed ? (this.placed.get(decisionId) ?? null) : null, keyed: this.keyed };
    },
    apply: (args, decisionId) => this.#call(args.jobId, 'apply', () => this.#place(args, decisionId)),
    readBack: async () => 'asIntended',
    undo: (effect) =>
      this.#call(effect.jobId, 'undo', () => {
        if (this.row(effect.jobId).started_at) throw new SchedulerRefused('the job has left the queue');
        const undone = { ...effect, undone: true };
        this.placed.set(effect.decisionId, undone);
        return undone;
      }),
  };

  #place(args: ActionArguments, decisionId: string): PlacedEffect {
    const known = this.placed.get(decisionId);
    if (known && this.keyed) return known;
    const effect = { decisionId, action: args.action, jobId: args.jobId, before: {}, undone: false };
    this.placed.set(decisionId, effect);
    return effect;
  }

  /** What was sent is done in its own time, whoever still waits for the answer. */
  async #call<T>(jobId: string, what: 'apply' | 'undo', work: () => T): Promise<T> {
    const began = this.ms;
    const done = this.wait(this.callMs).then(() => {
      const result = work();
      this.changes.push({ jobId, what, began, at: this.ms });
      return result;
    });
    const late = this.wait(this.timeoutMs).then((): T => {
      throw new SchedulerUnavailable('no answer in time');
    });
    late.catch(() => undefined);
    return Promise.race([done, late]);
  }
}

const jobs = Array.from({ length: 20 }, (_, index) => `job-${index}`);

/** Each job is acted on, one every 300 ms. */
async function actOnAll(world: World): Promise<Effect[]> {
  const all = jobs.map(async (jobId, index) => {
    world.decide(jobId);
    await world.wait(index * 300);
    return world.act(jobId);
  });
  await world.pass();
  return Promise.all(all);
}

describe('at a scheduler that takes two seconds a call', () => {
  it('no effect begins after a freeze, and those under way are undone', async () => {
    const world = new World();
    const freeze = ASKED.getTime() + 4_050;
    void world.at(4.05, () => {
      world.frozen = { at: new Date(freeze).toISOString() };
    });
    const effects = await actOnAll(world);
    const applied = world.changes.filter(({ what }) => what === 'apply');
    expect(applied.filter(({ began }) => began > freeze)).toEqual([]);
    const underWay = applied.filter(({ at }) => at > freeze).map(({ jobId }) => jobId);
    expect(underWay.length).toBeGreaterThan(0);
    for (const [index, jobId] of jobs.entries()) {
      const effect = effects[index];
      expect(world.row(jobId).effect).toEqual(effect);
      if (underWay.includes(jobId)) {
        expect(effect).toMatchObject({ status: 'undone', reason: expect.stringContaining('frozen during the call') });
      } else if (applied.some((change) => change.jobId === jobId)) expect(effect?.status).toBe('done');
      else expect(effect).toMatchObject({ status: 'refused', reason: 'frozen by an operator', intervened: false });
    }
    const inPlace = [...world.placed.values()].filter(({ undone }) => !undone).map(({ jobId }) => jobId);
    expect(inPlace).toEqual(applied.filter(({ at }) => at <= freeze).map(({ jobId }) => jobId));
  });

  it('no effect begins after its job has started, and people are notified of those under way', async () => {
    const world = new World();
    const started = ASKED.getTime() + 4_050;
    void world.at(4.05, () => {
      for (const jobId of jobs) world.change(jobId, { started_at: new Date(started).toISOString() });
    });
    const effects = await actOnAll(world);
    const applied = world.changes.filter(({ what }) => what === 'apply');
    expect(applied.filter(({ began }) => began > started)).toEqual([]);
    const underWay = applied.filter(({ at }) => at > started);
    expect(underWay.length).toBeGreaterThan(0);
    for (const { jobId } of underWay) {
      const effect = effects[jobs.indexOf(jobId)] ?? expect.fail('no effect');
      expect(effect).toMatchObject({
        ...{ status: 'done', intervened: true },
        reason: expect.stringMatching(
          /the job started, .*, during the call; could not be taken back: the job has left/,
        ),
      });
      expect(whatFollows('apply', world.row(jobId).decision ?? null, effect)).toBe('notify');
    }
  });

  it.each([
    ['dry run was switched on', (world: World) => world.switchDryRunOn(), 'dry run was switched on since'],
    [
      'the job was cancelled',
      (world: World) => world.change('job-0', { cancelled_at: '2026-11-20T08:00:01.000Z' }),
      'the job is no longer waiting to start',
    ],
  ])('nothing is done once %s', async (_what, happens, reason) => {
    const world = new World();
    world.decide('job-0');
    void world.at(1, () => happens(world));
    const effect = world.act('job-0');
    await world.pass();
    expect(await effect).toMatchObject({ status: 'refused', reason });
    expect(world.changes).toEqual([]);
  });

  it('nothing is done on a decision that is hours old', async () => {
    const world = new World();
    world.decide('job-0');
    world.ms += 3 * 3_600_000;
    const effect = world.act('job-0');
    await world.pass();
    expect(await effect).toMatchObject({ status: 'refused', reason: expect.stringContaining('too long ago') });
    expect(world.changes).toEqual([]);
  });
});

describe('at a scheduler that takes six seconds and knows no decisions', () => {
  it('nothing is done twice, however late the answers, and all of it counts as touched', async () => {
    const world = new World({ callMs: 6_000, keyed: false });
    const effects = await actOnAll(world);
    expect(world.changes.map(({ jobId }) => jobId).toSorted()).toEqual(jobs.toSorted());
    for (const effect of effects) {
      expect(effect).toMatchObject({
        status: 'failed',
        intervened: true,
        reason: expect.stringMatching(/nobody knows/),
      });
    }
  });

  it('nothing is done twice by a retry after a kill in the middle of the call', async () => {
    const world = new World({ callMs: 6_000, keyed: false });
    world.decide('job-0');
    const { scheduler } = world;
    const killed: Scheduler = {
      ...scheduler,
      apply: async (...call) => {
        await scheduler.apply(...call).catch(() => undefined);
        return never;
      },
    };
    void world.act('job-0', { scheduler: killed });
    await world.pass();
    const retry = world.act('job-0');
    await world.pass();
    expect(await retry).toMatchObject({
      status: 'failed',
      intervened: true,
      reason: expect.stringMatching(/interrupted/),
    });
    expect(world.changes).toHaveLength(1);
  });
});

describe('at a scheduler that takes six seconds and keeps effects by decision', () => {
  it('everything is found and recorded as done', async () => {
    const world = new World({ callMs: 6_000 });
    for (const effect of await actOnAll(world)) expect(effect).toMatchObject({ status: 'done', intervened: true });
    expect(world.changes.map(({ jobId }) => jobId).toSorted()).toEqual(jobs.toSorted());
  });
});

describe('a process that stood still', () => {
  it('for 70 s in the middle of the call, and was retried meanwhile, has done it once, and it is recorded as done', async () => {
    const world = new World();
    world.decide('job-0');
    const { scheduler } = world;
    const suspended: Scheduler = {
      ...scheduler,
      apply: async (...call) => {
        const placed = await scheduler.apply(...call);
        await world.wait(70_000);
        return placed;
      },
    };
    const first = world.act('job-0', { scheduler: suspended });
    const second = world.wait(61_000).then(() => world.act('job-0'));
    await world.pass();
    expect(await second).toMatchObject({ status: 'done' });
    expect(await first).toMatchObject({ status: 'done' });
    expect(world.row('job-0').effect).toMatchObject({ status: 'done', intervened: true });
    expect(world.changes).toHaveLength(1);
  });

  it('retries to nothing new once an effect is recorded, whatever came since', async () => {
    const world = new World();
    world.decide('job-0');
    const first = world.act('job-0');
    await world.pass();
    world.frozen = { at: new Date(world.ms).toISOString() };
    const again = world.act('job-0');
    await world.pass();
    expect(await again).toEqual(await first);
    expect(world.changes).toHaveLength(1);
  });
});
