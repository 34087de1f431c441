import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { listClusters, loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { handler } from '../../../functions/drift-monitor/list-clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { configOf, moment } from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const IDS = Array.from({ length: 25 }, (_, i) => `cluster-${String(i).padStart(2, '0')}`);

it('lists every cluster that has a calibration, once', async () => {
  for (const clusterId of ['b', 'a', 'b']) await loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0));
  expect(await handler({}, context)).toEqual({ clusters: [{ clusterId: 'a' }, { clusterId: 'b' }] });
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
