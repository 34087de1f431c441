import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { saveAnnounced, saveHeard } from '../../../functions/adapters/tables/drift-notices.ts';
import { deserialise, serialise } from '../../../functions/domain/calibration/codec.ts';
import { handler } from '../../../functions/drift-monitor/fold-cluster.ts';
import type { DriftBand } from '../../../schemas/verdict.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { calibrationOf, configOf, decided, moment, T, useEmbeddedClock } from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

/** Puts a cluster into a drift band, as its labels would have. */
async function inBand(clusterId: string, drift: DriftBand) {
  await loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0));
  const state = deserialise((await calibrationOf(dynamo.table, clusterId)).state);
  state.drift = drift;
  await dynamo.table.client.send(
    new UpdateCommand({
      TableName: dynamo.table.name,
      Key: { PK: `CLUSTER#${clusterId}`, SK: 'CALIBRATION' },
      UpdateExpression: 'SET #state = :state',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':state': serialise(state) },
    }),
  );
}

const DEGRADED = { band: 'degrade', alarm: 'none' } as const;
const visit = (clusterId: string, run: string, seconds = 0) => handler({ clusterId, run }, at(seconds));

describe('FoldCluster', () => {
  it('labels overdue jobs and folds them', async () => {
    await decided(dynamo.table, 'overdue', 'job');
    expect(await visit('overdue', 'run-1', T + 60)).toMatchObject({
      folded: 1,
      drift: 'none',
      changed: false,
      n: 1,
      announcements: [],
    });
  });

  it('reports a new band in one of two overlapping runs', async () => {
    await inBand('overlap', 'degrade');
    const [one, other] = await Promise.all([visit('overlap', 'run-1'), visit('overlap', 'run-2')]);
    expect([one.changed, other.changed].toSorted()).toEqual([false, true]);
  });

  it('asks VGAC to recalibrate when a band has risen, and says what was measured', async () => {
    await inBand('risen', 'escalate');
    const { announcements, previousDrift, drift } = await visit('risen', 'run-1');
    expect([previousDrift, drift]).toEqual(['none', 'escalate']);
    expect(announcements).toMatchObject([
      { type: 'DriftDetected', detail: { clusterId: 'risen', band: 'escalate', previous: 'none', n: 0 } },
      { type: 'RecalibrationRequested', detail: { reason: expect.stringContaining('none to escalate') } },
    ]);
  });

  it('reports again in a retry of the same run, and in a later run when that one died', async () => {
    await inBand('retry', 'degrade');
    expect((await visit('retry', 'run-1')).changed).toBe(true);
    expect((await visit('retry', 'run-1')).changed).toBe(true);
    expect((await visit('retry', 'run-2', 239)).changed).toBe(false);
    expect((await visit('retry', 'run-3', 300)).changed).toBe(true);
  });

  it('reports a band once, and the way back without asking for a recalibration', async () => {
    await inBand('back', 'degrade');
    await visit('back', 'run-1');
    await saveAnnounced(dynamo.table, 'back', DEGRADED, 'run-1');
    await saveHeard(dynamo.table, 'back', DEGRADED, 'run-1');
    expect((await visit('back', 'run-2')).changed).toBe(false);
    await inBand('back', 'none');
    const report = await visit('back', 'run-3');
    expect(report).toMatchObject({ changed: true, previousDrift: 'degrade', drift: 'none' });
    expect(report.announcements).toMatchObject([{ type: 'DriftDetected' }]);
  });

  it('has news only for Slack, once its run is given up, when the bus has it and Slack was down', async () => {
    await inBand('slack-down', 'degrade');
    await visit('slack-down', 'run-1');
    await saveAnnounced(dynamo.table, 'slack-down', DEGRADED, 'run-1');
    expect((await visit('slack-down', 'run-2')).changed).toBe(false);
    const later = await visit('slack-down', 'run-3', 300);
    expect(later).toMatchObject({ changed: true, previousDrift: 'none', drift: 'degrade', announcements: [] });
    // Meanwhile it got worse: the bus hears of the step it has not had, people of the whole way.
    await inBand('slack-down', 'escalate');
    const worse = await visit('slack-down', 'run-4', 600);
    expect(worse).toMatchObject({ previousDrift: 'none', drift: 'escalate' });
    expect(worse.announcements[0]?.detail).toMatchObject({ previous: 'degrade', band: 'escalate' });
  });

  it.each([
    ['a state that is not one', 'SET #state = :bad', new Uint8Array(3), 'UnreadableState'],
    ['a calibration that does not parse', 'SET sample_count = :bad', 'many', 'UnreadableItem'],
  ])('fails by name on %s', async (name, UpdateExpression, bad, error) => {
    const clusterId = name.replaceAll(' ', '-');
    await decided(dynamo.table, clusterId, 'job');
    await dynamo.table.client.send(
      new UpdateCommand({
        TableName: dynamo.table.name,
        Key: { PK: `CLUSTER#${clusterId}`, SK: 'CALIBRATION' },
        UpdateExpression,
        ...(UpdateExpression.includes('#state') && { ExpressionAttributeNames: { '#state': 'state' } }),
        ExpressionAttributeValues: { ':bad': bad },
      }),
    );
    await expect(visit(clusterId, 'run-1', T + 60)).rejects.toMatchObject({ name: error });
  });
});
