import { expect, it } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/calibration-store.ts';
import { handler } from '../../../functions/drift-monitor/list-clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { configOf, moment } from './fixture.ts';

const dynamo = useTable();

it('lists every cluster that has a calibration, once', async () => {
  expect(await handler({}, context)).toEqual({ clusters: [] });
  for (const clusterId of ['b', 'a', 'b']) await loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0));
  expect(await handler({}, context)).toEqual({ clusters: [{ clusterId: 'a' }, { clusterId: 'b' }] });
});
