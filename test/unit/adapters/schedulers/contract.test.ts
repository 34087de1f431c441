import { inspect } from 'node:util';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectScheduler } from '../../../../functions/adapters/schedulers/connect.ts';
import { capabilityOf } from '../../../../functions/domain/capabilities.ts';
import { createSchedulerStandIn } from '../../../../infra/demo/stand-ins/scheduler/app.ts';
import { ClusterConfig } from '../../../../schemas/config.ts';
import type { ActionArguments } from '../../../../schemas/decision.ts';
import { arrival, smallCluster } from '../../../infra/demo/simulator/small-cluster.ts';

const ENDPOINT = 'https://scheduler.test';
const KEY = 'sched-5ecret';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

/** A cluster on which job `front` runs and `a/b[1]` and `behind` wait, with the scheduler under test in front of it. */
function world(dryRun: boolean, key: string | null = KEY) {
  const small = smallCluster();
  for (const jobId of ['front', 'a/b[1]', 'behind']) small.cluster.submit(arrival(jobId));
  // Keeps the other queue busy too, so that a moved job waits there.
  small.cluster.submit(arrival('elsewhere', { queue: 'short' }));
  small.runFor(2);
  const app = createSchedulerStandIn(new Map([[small.cluster.clusterId, small.cluster]]), { key: KEY });
  server.use(http.all(`${ENDPOINT}/*`, ({ request }) => app.fetch(request)));
  const config = ClusterConfig.parse({
    clusterId: small.cluster.clusterId,
    platform: 'slurm',
    dryRun,
    scheduler: { kind: 'simulated', endpoint: ENDPOINT },
  });
  const settings = { key, timeoutSeconds: 1, sleep: async () => undefined, random: () => 0 };
  return { ...small, scheduler: connectScheduler(config, settings), job: () => small.cluster.job('a/b[1]') };
}

const on = (action: string, rest: Partial<ActionArguments> = {}): ActionArguments => ({
  action,
  clusterId: 'small',
  jobId: 'a/b[1]',
  ...rest,
});

const actions = [
  on('annotate', { text: 'Job will start in 4 minutes' }),
  on('warn', { text: '~12 minutes (±5m)' }),
  on('requeue', { target: 'short' }),
  on('adjust-priority', { target: '+10' }),
  on('adjust-priority', { target: '-10' }),
  on('hold'),
];

describe.each([
  ['dry-run', true],
  ['simulated', false],
] as const)('scheduler port, adapter %s', (_, dryRun) => {
  describe.each(actions)('$action $target', (args) => {
    it('is an action that the domain knows', () => {
      expect(capabilityOf(args.action)).toMatchObject({ reversible: true });
    });

    it('is found under its decision once it is placed, and not before', async () => {
      const { scheduler } = world(dryRun);
      expect(await scheduler.find('dec_1')).toEqual({ effect: null, keyed: true });
      const placed = await scheduler.apply(args, 'dec_1');
      expect(placed).toMatchObject({ decisionId: 'dec_1', action: args.action, jobId: args.jobId, undone: false });
      expect((await scheduler.find('dec_1')).effect).toEqual(placed);
      expect((await scheduler.find('dec_2')).effect).toBeNull();
    });

    it('reads back as intended', async () => {
      const { scheduler } = world(dryRun);
      expect(await scheduler.readBack(await scheduler.apply(args, 'dec_1'))).toBe('asIntended');
    });

    it('is done once, however often it is asked for', async () => {
      const { scheduler, cluster } = world(dryRun);
      const first = await scheduler.apply(args, 'dec_1');
      const once = inspect(cluster.job(args.jobId), { depth: 4 });
      expect(await scheduler.apply(args, 'dec_1')).toEqual(first);
      expect(inspect(cluster.job(args.jobId), { depth: 4 })).toBe(once);
    });

    it('can be taken back, twice as well as once, and stays on record', async () => {
      const { scheduler, job } = world(dryRun);
      const placed = await scheduler.apply(args, 'dec_1');
      const undone = await scheduler.undo(placed);
      expect(undone).toMatchObject({ decisionId: 'dec_1', undone: true });
      expect(await scheduler.undo(placed)).toEqual(undone);
      expect(await scheduler.readBack(undone)).toBe('asIntended');
      expect((await scheduler.find('dec_1')).effect).toEqual(undone);
      expect(job()).toMatchObject({ queue: 'gpu', priority: 100, held: false, notes: [], state: 'pending' });
    });
  });

  it.each([
    on('explode'),
    on('requeue'),
    on('adjust-priority', { target: '10' }),
    on('adjust-priority', { target: '+0' }),
    on('adjust-priority', { target: '+1e9' }),
    on('adjust-priority'),
    on('annotate'),
  ])('refuses $action with target $target', async (args) => {
    const { scheduler } = world(dryRun);
    await expect(scheduler.apply(args, 'dec_1')).rejects.toMatchObject({ name: 'SchedulerRefused' });
    expect(await scheduler.find('dec_1')).toEqual({ effect: null, keyed: true });
  });
});

describe('dry run', () => {
  it.each(actions)('does not touch the cluster with $action $target', async (args) => {
    const { scheduler, cluster } = world(true);
    server.resetHandlers();
    const before = inspect(cluster.job(args.jobId), { depth: 4 });
    await scheduler.apply(args, 'dec_1');
    expect(scheduler.touches).toBe(false);
    expect(inspect(cluster.job(args.jobId), { depth: 4 })).toBe(before);
  });

  it('is what an unconfigured cluster gets', () => {
    const settings = { key: null, timeoutSeconds: 1, sleep: async () => undefined, random: () => 0 };
    const unconfigured = ClusterConfig.parse({ clusterId: 'new', platform: 'slurm' });
    expect(connectScheduler(unconfigured, settings).touches).toBe(false);
    expect(connectScheduler({ ...unconfigured, dryRun: false }, settings).touches).toBe(false);
  });
});

describe('simulated scheduler', () => {
  it('refuses to act on a job that has started, in words', async () => {
    const { scheduler } = world(false);
    const refused = scheduler.apply({ ...on('hold'), jobId: 'front' }, 'dec_1');
    await expect(refused).rejects.toMatchObject({ name: 'SchedulerRefused', message: /left the queue/ });
  });

  it.each([
    ['an unknown job', { ...on('hold'), jobId: 'nobody' }],
    ['an unknown queue', on('requeue', { target: 'nowhere' })],
    ['a queue too small for it', on('requeue', { target: 'tiny' })],
    ['the queue it is in', on('requeue', { target: 'gpu' })],
  ])('refuses %s', async (_, args) => {
    await expect(world(false).scheduler.apply(args, 'dec_1')).rejects.toMatchObject({ name: 'SchedulerRefused' });
  });

  it('refuses another action under the same decision', async () => {
    const { scheduler } = world(false);
    await scheduler.apply(on('hold'), 'dec_1');
    const second = scheduler.apply(on('requeue', { target: 'short' }), 'dec_1');
    await expect(second).rejects.toMatchObject({ name: 'SchedulerRefused' });
  });

  it('notices when somebody else has changed what it did', async () => {
    const { scheduler, job } = world(false);
    const placed = await scheduler.apply(on('adjust-priority', { target: '+10' }), 'dec_1');
    const row = job();
    if (row) row.priority = 7;
    expect(await scheduler.readBack(placed)).toBe('different');
  });

  it('refuses to take back what a started job no longer has', async () => {
    const { scheduler, runFor } = world(false);
    const placed = await scheduler.apply(on('requeue', { target: 'short' }), 'dec_1');
    runFor(700);
    await expect(scheduler.undo(placed)).rejects.toMatchObject({ name: 'SchedulerRefused' });
  });

  it.each([null, 'wrong'])('is refused without the right key (%s), and the error does not quote it', async (key) => {
    const error: unknown = await world(false, key)
      .scheduler.find('dec_1')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'SchedulerRefused' });
    expect(inspect(error, { depth: 10 })).not.toContain('wrong');
  });

  it('sends an action once when the answer is lost, since it may have been done', async () => {
    const { scheduler } = world(false);
    let sent = 0;
    server.use(
      http.post(`${ENDPOINT}/clusters/small/effects`, () => {
        sent++;
        return new HttpResponse(null, { status: 504 });
      }),
    );
    await expect(scheduler.apply(on('hold'), 'dec_1')).rejects.toMatchObject({ name: 'SchedulerUnavailable' });
    expect(sent).toBe(1);
  });

  it('sends an action again after 429, which says that it was not done', async () => {
    const { scheduler } = world(false);
    const once = { once: true };
    server.use(http.post(`${ENDPOINT}/clusters/small/effects`, () => new HttpResponse(null, { status: 429 }), once));
    expect(await scheduler.apply(on('hold'), 'dec_1')).toMatchObject({ action: 'hold' });
  });

  it('does not take an endpoint for one that keeps effects by decision unless it says so', async () => {
    const { scheduler } = world(false);
    server.use(http.get(`${ENDPOINT}/clusters/small/effects`, () => HttpResponse.json({ effect: null })));
    expect(await scheduler.find('dec_1')).toEqual({ effect: null, keyed: false });
  });

  it('needs an endpoint', () => {
    const config = ClusterConfig.parse({
      clusterId: 'c',
      platform: 'slurm',
      dryRun: false,
      scheduler: { kind: 'simulated' },
    });
    const settings = { key: null, timeoutSeconds: 1, sleep: async () => undefined, random: () => 0 };
    expect(() => connectScheduler(config, settings)).toThrow(/without an endpoint/);
  });
});
