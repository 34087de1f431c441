import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { listClusters, loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { CLUSTERS_PER_RUN as PAGE } from '../../../functions/domain/thresholds.ts';
import { handler } from '../../../functions/drift-monitor/list-clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { configOf, moment } from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const IDS = Array.from({ length: 25 }, (_, i) => `cluster-${String(i).padStart(2, '0')}`);

it('lists every cluster that has a calibration, once', async () => {
  for (const clusterId of ['b', 'a', 'b']) await loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0));
  expect(await handler({}, context)).toEqual({ clusters: [{ clusterId: 'a' }, { clusterId: 'b' }], next: null });
});

it('goes through all pages of the table', async () => {
  for (const clusterId of IDS) await loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0));
  let pages = 0;
  const send = (command: unknown) => {
    // A page is a megabyte; a limit makes the same pages of few clusters.
    if (command instanceof QueryCommand) Object.assign(command.input, { Limit: 7 });
    pages += 1;
    return Reflect.apply(dynamo.table.client.send, dynamo.table.client, [command]);
  };
  const paged = { name: dynamo.table.name, client: Object.create(dynamo.table.client, { send: { value: send } }) };
  expect(await listClusters(paged)).toEqual(['a', 'b', ...IDS]);
  expect(pages).toBe(4);
});

it('lists every cluster on one page each, whatever the event of the schedule holds', async () => {
  const many = Array.from({ length: 2 * PAGE }, (_, i) => `many-${String(i).padStart(3, '0')}`);
  await Promise.all(many.map((clusterId) => loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0))));
  const all = await listClusters(dynamo.table);
  const pages: string[][] = [];
  let input: object = { source: 'aws.scheduler', detail: {} };
  for (let next: string | null = ''; next !== null; input = { after: next }) {
    const page: Awaited<ReturnType<typeof handler>> = await handler(input, context);
    pages.push(page.clusters.map(({ clusterId }) => clusterId));
    next = page.next;
  }
  expect(pages.flat()).toEqual(all);
  expect(pages.map((page) => page.length)).toEqual([PAGE, PAGE, all.length - 2 * PAGE]);
});

it('names no further page where a page is exactly full', async () => {
  const all = await listClusters(dynamo.table);
  const { clusters, next } = await handler({ after: all.at(-PAGE - 1) }, context);
  expect([clusters.length, next]).toEqual([PAGE, null]);
});
