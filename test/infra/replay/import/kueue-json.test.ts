import { describe, expect, it } from 'vitest';
import { read } from './read.ts';

const epoch = (time: string): number => Date.parse(`2026-03-01T${time}Z`) / 1000;
type Conditions = Record<string, [status: 'True' | 'False', since: string]>;

function workload(
  name: string,
  created: string,
  conditions: Conditions,
  more: { metadata?: object; status?: object } = {},
) {
  return {
    ...{ apiVersion: 'kueue.x-k8s.io/v1beta1', kind: 'Workload' },
    metadata: {
      name,
      namespace: 'ns',
      creationTimestamp: `2026-03-01T${created}Z`,
      uid: `uid-${name}`,
      ...more.metadata,
    },
    spec: {
      ...{ active: true, queueName: 'research', priority: 0 },
      podSets: [
        {
          ...{ name: 'main', count: 3 },
          template: {
            spec: {
              containers: [
                {
                  name: 'a',
                  resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { 'nvidia.com/gpu': '2' } },
                },
                { name: 'b', resources: { requests: { cpu: 1 } } },
              ],
              initContainers: [{ name: 'i', resources: { requests: { cpu: '250m' } } }],
            },
          },
        },
      ],
    },
    status: {
      conditions: Object.entries(conditions).map(([type, [status, since]]) => ({
        ...{ type, status, reason: type, message: '"}{[', lastTransitionTime: `2026-03-01T${since}Z` },
      })),
      ...more.status,
    },
  };
}
const QUIET = workload('a', '08:00:00', {
  QuotaReserved: ['True', '08:00:30'],
  Admitted: ['True', '08:01:00'],
  Finished: ['True', '09:01:00'],
});
const LAST = workload('z', '20:00:00', { QuotaReserved: ['True', '20:00:00'] });
const list = (...items: object[]): string =>
  JSON.stringify({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }, null, 4);

describe('kubectl get workloads -o json', () => {
  it('is read without a mapping: queue, requests times pods, admission, run time', async () => {
    const { rows, faults } = await read(list(QUIET));
    expect(rows).toMatchObject([
      {
        ...{ id: 'ns/a', submittedAt: epoch('08:00:00'), waitSeconds: 60, runSeconds: 3600, queue: 'research' },
        ...{ gpus: 6, procs: 4.5, platform: 'kubernetes', longWait: false },
      },
    ]);
    expect(faults).toMatchObject({ count: 0, notes: [] });
  });

  it.each([
    ['a bare array', JSON.stringify([QUIET, LAST])],
    ['one object a line', `${JSON.stringify(QUIET)}\n${JSON.stringify(LAST)}\n`],
    ['events of a watch', [QUIET, LAST].map((object) => JSON.stringify({ type: 'ADDED', object })).join('\n')],
    ['lists put together', list(QUIET) + list(LAST)],
    ['an array of lists', `[${list(QUIET)}, ${list(LAST)}]`],
    ['one object after the other, over lines', [QUIET, LAST].map((one) => JSON.stringify(one, null, 2)).join('\n')],
    ['everything in lines of its own, without indentation', list(QUIET, LAST).replaceAll(/^ +/gm, '')],
  ])('is the same as %s', async (_, text) => {
    expect((await read(text)).rows).toEqual(
      (await read(list(QUIET, LAST))).rows.map((row) =>
        expect.objectContaining({
          ...row,
          line: expect.any(Number),
        }),
      ),
    );
  });

  it.each<[string, object, object]>([
    [
      'waits',
      workload('b', '08:00:00', { QuotaReserved: ['False', '08:00:00'] }),
      { longWait: true, waitSeconds: Number.NaN },
    ],
    ['has no conditions yet', workload('b', '08:00:00', {}), { longWait: true, leftAt: Number.NaN }],
    [
      'has quota, and waits for a check',
      workload(
        'b',
        '08:00:00',
        { QuotaReserved: ['True', '08:00:05'] },
        { status: { admissionChecks: [{ state: 'Pending' }] } },
      ),
      { longWait: true, waitSeconds: Number.NaN },
    ],
    [
      'has quota, where there are no checks',
      workload('b', '08:00:00', { QuotaReserved: ['True', '08:00:05'] }),
      { waitSeconds: 5 },
    ],
    [
      'was evicted and admitted again: its last round',
      workload('b', '08:00:00', {
        Evicted: ['False', '08:30:00'],
        Requeued: ['True', '08:20:00'],
        Admitted: ['True', '08:30:00'],
      }),
      { submittedAt: epoch('08:20:00'), waitSeconds: 600, longWait: true },
    ],
    [
      'was evicted, and waits',
      workload('b', '08:00:00', { Evicted: ['True', '08:30:00'], Admitted: ['False', '08:30:00'] }),
      { submittedAt: epoch('08:30:00'), waitSeconds: Number.NaN, longWait: true },
    ],
    [
      'was deleted while it waited',
      workload('b', '08:00:00', {}, { metadata: { deletionTimestamp: '2026-03-01T08:02:00Z' } }),
      { censored: true, leftAt: epoch('08:02:00') },
    ],
    [
      'finished without having been admitted, later than T',
      workload('b', '08:00:00', { Finished: ['True', '08:20:00'] }),
      { longWait: true, leftAt: epoch('08:20:00') },
    ],
  ])('knows a workload that %s', async (_, one, expected) => {
    const { rows } = await read(list(one, LAST));
    expect(rows.find(({ id }) => id === 'ns/b')).toMatchObject(expected);
  });

  it('tells what is no workload, or no whole one, and reads the others', async () => {
    const broken = { ...QUIET, metadata: { name: 'c' } };
    const { rows, faults } = await read(
      [QUIET, { kind: 'Job', metadata: {} }, broken].map((one) => JSON.stringify(one)).join('\n') +
        `\n{"kind": "Workload", "metadata": {"na\n${JSON.stringify(LAST)}`,
    );
    expect(rows.map(({ id }) => id)).toEqual(['ns/a', 'ns/z']);
    expect(faults.first.map(({ line }) => line)).toEqual([2, 3, 4]);
    expect(faults.first[0]?.fault).toBe('it is a Job, neither a Kueue workload nor an AWS Batch or Slurm job');
    expect(faults.first[1]?.fault).toMatch(/^workload "c": metadata\.creationTimestamp: /);
  });

  it('goes on with the next line after one that is cut off', async () => {
    const cut = JSON.stringify(QUIET).slice(0, -30);
    const { rows, faults } = await read(`${cut}\n${JSON.stringify(LAST)}\n`);
    expect(rows.map(({ id }) => id)).toEqual(['ns/z']);
    expect(faults.first).toEqual([{ line: 1, fault: 'it is not a complete JSON object' }]);
  });
});
