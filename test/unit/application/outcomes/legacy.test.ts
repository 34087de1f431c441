import { readFileSync } from 'node:fs';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { calibrationKey, loadOrCreateCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { loadForecast } from '../../../../functions/adapters/tables/forecast.ts';
import { joinOutcomeToRow } from '../../../../functions/adapters/tables/outcomes.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { deserialise } from '../../../../functions/domain/calibration/codec.ts';
import { serialiseForecast } from '../../../../functions/domain/forecast/codec.ts';
import { coldForecast } from '../../../../functions/domain/forecast/state.ts';
import { LedgerItem } from '../../../../schemas/items/ledger.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { calibrationOf, configOf, decided, indexed, instant, keyOf, moment, OVERDUE, roundOf, T } from './fixture.ts';

const dynamo = useTable();

/** As the version before the built-in forecast wrote it. */
const LEGACY: { state: string } = JSON.parse(
  readFileSync(new URL('../../../fixtures/legacy/calibration-format-1.json', import.meta.url), 'utf8'),
);

describe('a table of the version before the built-in forecast', () => {
  it('goes on: its evidence stands, its rows are folded, and its forecast begins with nothing', async () => {
    const { table } = dynamo;
    await loadOrCreateCalibration(table, configOf('older'), moment(0));
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey('older'),
        UpdateExpression: 'SET #state = :state, #version = :version, marked_version = :version',
        ExpressionAttributeNames: { '#state': 'state', '#version': 'version' },
        ExpressionAttributeValues: { ':state': Buffer.from(LEGACY.state, 'base64'), ':version': 9 },
      }),
    );
    // Neither its decision nor its row know of a forecast.
    await decided(table, 'older', 'a');
    await joinOutcomeToRow(table, roundOf('older', 'a'), { type: 'JobStarted', at: instant(30) }, T, moment(30));
    expect(await foldCluster(foldStore(table), configOf('older'), OVERDUE, [keyOf('a')])).toMatchObject({ folded: 1 });

    const item = await calibrationOf(table, 'older');
    expect([item.version, item.sample_count, deserialise(item.state).epoch]).toEqual([10, 431, 1]);
    expect(await indexed(table, 'older')).toEqual([]);
    const forecast = await loadForecast(table, 'older');
    expect(forecast?.version).toBe(10);
    expect(Buffer.from(forecast?.state ?? []).equals(serialiseForecast(coldForecast()))).toBe(true);
  });

  it('has a ledger that is read, lines without a kind and maps among them', () => {
    const line = { jobId: 'a', decisionId: 'd', submittedAt: 1, fromSeconds: 300, toSeconds: 400, started: true };
    const batch = {
      ...{ PK: 'CLUSTER#older', SK: 'LEDGER#0000000001', v: 1, version: 1, folded_at: instant(0) },
      ...{ long_wait_seconds: 300, reserved: [0, 0, 0, 0], caps: [60, 40, 60, 40] },
      tiers: [1, 2, 3, 4].map(() => ({ eps: 0.3, ece: 0.1, promise: 0.2, start: 200_000, cap: 600_000 })),
      entries: [{ ...line, bounds: { lowerSeconds: 1, upperSeconds: 2, upper90Seconds: 3 } }],
      change: { epoch: 1, cause: 'promoted', by: 'x', knots: [[0.1, 0.2]] },
    };
    expect(LedgerItem.parse(batch)).toMatchObject({ entries: [line], change: { epoch: 1 } });
  });
});
