import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkClusters, readClusterFile } from '../../../../infra/cli/configure/cluster-file.ts';

const cluster = (more: object = {}) => ({ clusterId: 'gpu-a', platform: 'slurm', ...more });
const faultsIn = (...clusters: unknown[]) => checkClusters({ clusters }).faults;

describe('the configuration of clusters', () => {
  it('accepts the example file, whole', async () => {
    const clusters = await readClusterFile(
      new URL('../../../../infra/cli/clusters.example.json', import.meta.url).pathname,
    );
    expect(clusters.map(({ clusterId, dryRun }) => [clusterId, dryRun])).toEqual([
      ['gpu-slurm', true],
      ['gpu-k8s', true],
      ['gpu-batch', true],
      ['cpu-slurm', true],
    ]);
  });

  it('gives a cluster that says nothing all the defaults, with dry run on', () => {
    expect(checkClusters({ clusters: [cluster()] }).clusters).toMatchObject([
      {
        dryRun: true,
        longWaitSeconds: 300,
        approvalTtlSeconds: 14_400,
        asking: { open: 6, perHour: 6, keptForGate: 2 },
        limits: { cooldownMinutes: 30, actionsPerHour: 60 },
      },
    ]);
  });

  it('refuses a secret that would be sent to two hosts, whichever kind of secret, and allows one host', () => {
    const vgac = (baseUrl?: string) => ({ vgac: { baseUrl, apiKeySecret: 'shared' } });
    const scheduler = (endpoint: string) => ({ scheduler: { kind: 'simulated', endpoint, secret: 'shared' } });
    const [a, b] = ['https://a.example.com', 'https://b.example.com'];
    const second = (...parts: object[]) =>
      faultsIn(...parts.map((part, i) => cluster({ clusterId: `c${i}`, ...part })));
    const advice = 'is also sent to another host by this file: a key belongs to one host';
    expect(second(vgac(a), vgac(b))).toEqual([`clusters[1].vgac.apiKeySecret: ${advice}`]);
    expect(second(vgac(), vgac(b))).toEqual([`clusters[1].vgac.apiKeySecret: ${advice}`]);
    expect(second(scheduler(a), scheduler(b))).toEqual([`clusters[1].scheduler.secret: ${advice}`]);
    expect(second(vgac(a), scheduler(b))).toEqual([`clusters[1].scheduler.secret: ${advice}`]);
    expect(second({ ...vgac(a), ...scheduler(b) })).toEqual([`clusters[0].scheduler.secret: ${advice}`]);
    expect(second(vgac(a), vgac(`${a}/other`), scheduler(a))).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'a name for an approver',
      { approvers: { suggest: ['U02ABCDEF', 'ada'] } },
      'approvers.suggest[1]: use a Slack user id such as U02ABCDEF (not a name)',
    ],
    [
      'a mapped user without a Slack id',
      { users: { ada: '@ada' } },
      'users.ada: use a Slack user id such as U02ABCDEF (not a name)',
    ],
    ['no platform', { platform: undefined }, 'platform: is missing: use one of kubernetes, slurm, aws_batch'],
    ['an unknown platform', { platform: 'pbs' }, 'platform: use one of kubernetes, slurm, aws_batch'],
    ['T as a text', { longWaitSeconds: '300' }, 'longWaitSeconds: use a number'],
    ['half a second for T', { longWaitSeconds: 0.5 }, 'longWaitSeconds: use a whole number'],
    ['T of nothing', { longWaitSeconds: 0 }, 'longWaitSeconds: use at least 1'],
    ['too many questions', { asking: { open: 101 } }, 'asking.open: use at most 100'],
    ['dry run as a text', { dryRun: 'yes' }, 'dryRun: use true or false'],
    [
      'a host without a protocol',
      { vgac: { baseUrl: 'vgac.example.com' } },
      'vgac.baseUrl: use a full URL such as https://vgac.example.com',
    ],
    [
      'a secret in place of its name',
      { vgac: { apiKeySecret: 'Bearer abc def' } },
      'vgac.apiKeySecret: use the name of a secret, not its value',
    ],
    ['a field in another spelling', { dry_run: false }, 'dry_run: there is no such field: write dryRun'],
    [
      'an unknown field further down',
      { limits: { perDay: 3 } },
      'limits.perDay: there is no such field: use cooldownMinutes, actionsPerHour',
    ],
    [
      'an action nobody knows',
      { actions: { gate: { action: 'delete' } } },
      'actions.gate: there is no action "delete"; use one of annotate, warn, requeue, adjust-priority, hold',
    ],
    [
      'an action in the wrong tier',
      { actions: { annotate: { action: 'hold' } } },
      'actions.annotate: "hold" is an action of tier 4, not of tier 1',
    ],
    [
      'a requeue to nowhere',
      { actions: { suggest: [{ action: 'requeue' }] } },
      'actions.suggest[0]: "requeue" needs a target',
    ],
    [
      'a priority without a sign',
      { actions: { suggest: [{ action: 'adjust-priority', target: '100' }] } },
      'actions.suggest[0]: "adjust-priority" needs a signed delta such as +100 as its target',
    ],
    [
      'more tokens than fit',
      { tiers: { gate: { tokens: 9, cap: 5 } } },
      'tiers.gate.tokens: use at most the cap, which is 5',
    ],
    ['a short salt', { salt: 'short' }, 'salt: use at least 16 characters'],
    [
      'a cluster id with a space',
      { clusterId: 'gpu a' },
      'clusterId: use 1 to 128 letters, digits, dot, dash or underscore',
    ],
  ])('says what to write instead of %s', (_, more, expected) => {
    expect(faultsIn(cluster(more))).toEqual([`clusters[0].${expected}`]);
  });

  it('reports all faults of all clusters at once', () => {
    const faults = faultsIn(
      cluster({ platform: 'pbs', asking: { open: -1 }, actions: { warn: { action: 'shout' } } }),
      cluster({ clusterId: 'gpu-b', approvers: { gate: ['grace'] } }),
      cluster({ clusterId: 'gpu-b' }),
      'not a cluster',
    );
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      'clusters[0].platform',
      'clusters[0].asking.open',
      'clusters[0].actions.warn',
      'clusters[1].approvers.gate[0]',
      'clusters[3]',
      'clusters[2].clusterId',
    ]);
  });

  it.each<[string, unknown, string]>([
    ['no clusters', { clusters: [] }, 'clusters: use at least 1 entry'],
    ['a bare list', [], 'the file: use an object'],
    ['nothing', null, 'the file: use an object'],
    ['another field', { clusters: [cluster()], version: 2 }, 'version: there is no such field: use clusters'],
  ])('refuses a file with %s', (_, content, expected) => {
    expect(checkClusters(content).faults).toEqual([expected]);
  });

  it('takes nothing over from a prototype', () => {
    const { faults } = checkClusters(
      JSON.parse('{"clusters":[{"clusterId":"a","platform":"slurm","__proto__":{"dryRun":false}}]}'),
    );
    expect(faults).toEqual([expect.stringContaining('clusters[0].__proto__: there is no such field')]);
  });
});

describe('reading the file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'configure-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['is not there', null, 'cannot be read (ENOENT): give the path of a JSON file'],
    ['lacks a comma', '{\n  "clusters": [1 2]\n}', 'is not JSON at line 2, column 18'],
    ['lacks its quotes', '{ "clusters": [oops] }', 'is not JSON: look for a missing quote, comma or bracket'],
    ['ends too early', '{ "clusters": [', 'is not JSON'],
  ])('says so when it %s, without repeating its text', async (name, text, expected) => {
    const file = join(folder, `${name}.json`);
    if (text !== null) await writeFile(file, text);
    await expect(readClusterFile(file)).rejects.toMatchObject({
      name: 'ConfigurationRefused',
      message: expect.stringContaining(expected),
    });
  });

  it('repeats no value of the file, since one may be a secret', async () => {
    const file = join(folder, 'secret.json');
    const vgac = { apiKeySecret: 'sk live 1234', baseUrl: 'sk live 1234', variant: 'sk live 1234' };
    await writeFile(
      file,
      JSON.stringify({ clusters: [cluster({ vgac, salt: 'sk live', users: { ada: 'sk live' } })] }),
    );
    const error: unknown = await readClusterFile(file).catch((refused: unknown) => refused);
    expect(String(error)).toContain('5 faults');
    expect(String(error)).not.toContain('sk live');
  });
});
