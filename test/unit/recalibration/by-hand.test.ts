import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration, reserve } from '../../../functions/adapters/calibration-store.ts';
import { promoteByHand, rebuildByHand, rollBackByHand, show } from '../../../infra/commands/recalibrate.ts';
import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { calibrationOf, configOf } from '../outcomes/fixture.ts';
import { BENT, fold, isRebuilt, NOW, promoted, stateOf, TRUE } from './fixture.ts';

const dynamo = useTable();

function ada() {
  const told: CalibrationPromoted[] = [];
  const tell = async (change: CalibrationPromoted) => {
    told.push(change);
  };
  return { by: 'ada', now: NOW, tell, told };
}

describe('recalibrate --promote', () => {
  it('puts a map in force that its proof would not have, shows the proof and tells the bus', async () => {
    await fold(dynamo.table, 'by-hand', 400, TRUE);
    const hand = ada();
    const lines = await promoteByHand(dynamo.table, 'by-hand', hand);
    expect(lines[0]).toMatch(/^Proof: not better; over 200 later labels log loss .+/);
    expect(lines[1]).toMatch(/^Epoch 1 is in force: ECE .+ over 200 labels; at most notify for 100 labels$/);
    expect(hand.told).toMatchObject([{ epoch: 1, cause: 'promoted', by: 'ada (by hand)' }]);
    expect(await stateOf(dynamo.table, 'by-hand')).toMatchObject({ epoch: 1, n: 200 });
  });

  it('does nothing the second time, even when labels have come in between', async () => {
    await fold(dynamo.table, 'twice', 400, TRUE);
    await promoteByHand(dynamo.table, 'twice', ada());
    await fold(dynamo.table, 'twice', 90, TRUE, 2);
    const hand = ada();
    expect(await promoteByHand(dynamo.table, 'twice', hand)).toEqual([
      'Nothing done: epoch 1 was promoted by ada (by hand) 90 labels ago',
    ]);
    expect(hand.told).toEqual([]);
    expect(await stateOf(dynamo.table, 'twice')).toHaveProperty('epoch', 1);
  });

  it('says what is missing where there is too little to fit on', async () => {
    await loadOrCreateCalibration(dynamo.table, configOf('empty'), NOW);
    await expect(promoteByHand(dynamo.table, 'empty', ada())).rejects.toThrow(
      'no map can be fitted: it needs 300 more labels (0 of 300)',
    );
  });

  it('stands when the bus cannot be told, and says so', async () => {
    await fold(dynamo.table, 'deaf', 400, TRUE);
    const tell = vi.fn(async () => {
      throw new Error('no bus');
    });
    const lines = await promoteByHand(dynamo.table, 'deaf', { ...ada(), tell });
    expect(lines.at(-1)).toBe('The bus was not told: no bus');
    expect(await stateOf(dynamo.table, 'deaf')).toHaveProperty('epoch', 1);
  });
});

describe('recalibrate --roll-back', () => {
  it('puts the map before in force again, once', async () => {
    await promoted(dynamo.table, 'back');
    const hand = ada();
    const [line] = await rollBackByHand(dynamo.table, 'back', { ...hand, reason: 'looks odd' });
    expect(line).toMatch(/^Epoch 2 is in force: ECE/);
    expect(hand.told).toMatchObject([{ epoch: 2, cause: 'rolledBack', reason: 'looks odd' }]);
    expect(await rollBackByHand(dynamo.table, 'back', hand)).toEqual([
      'Nothing done: epoch 2 was restored by ada (by hand) 0 labels ago',
    ]);
    expect(await stateOf(dynamo.table, 'back')).toMatchObject({ epoch: 2, map: null });
  });

  it('has nothing to roll back where no map was ever promoted', async () => {
    await fold(dynamo.table, 'first', 100, TRUE);
    await expect(rollBackByHand(dynamo.table, 'first', ada())).rejects.toThrow('there is no map to roll back');
  });
});

describe('recalibrate --show', () => {
  it('shows what is in force and every map with its proof, and changes nothing', async () => {
    await promoted(dynamo.table, 'shown');
    await fold(dynamo.table, 'shown', 60, BENT, 2);
    const before = await calibrationOf(dynamo.table, 'shown');
    const text = (await show(dynamo.table, 'shown')).join('\n');
    expect(text).toMatch(/epoch 1: a map of \d+ knots, 60 labels old, at most notify for 40 more/);
    expect(text).toMatch(/MAP#1 .*promoted.* {2}2026-11-20T08:00:00.000Z, run-1/);
    expect(text).toContain('fitted on 300 labels, proven on 300 later ones');
    expect(text).toMatch(/map {3}: ECE 0\.\d{4} \[0\.\d{4}, 0\.\d{4}\] → 0\.\d{4} \[.+\], log loss/);
    expect(await calibrationOf(dynamo.table, 'shown')).toEqual(before);
  });

  it('names the clusters there are when it is asked for another', async () => {
    await expect(show(dynamo.table, 'typo')).rejects.toMatchObject({
      name: 'RecalibrationRefused',
      message: expect.stringContaining('shown'),
    });
  });
});

describe('recalibrate --rebuild', () => {
  it.each([
    ['a state that is not one', 'SET #name = :bad', 'state', new Uint8Array(3)],
    ['a number that is none', 'SET #name = :bad', 'sample_count', 'many'],
    ['an attribute that is gone', 'REMOVE #name', 'version', undefined],
  ])('mends %s from the ledger, reservations and all', async (what, UpdateExpression, name, bad) => {
    const clusterId = what.replaceAll(' ', '-');
    await promoted(dynamo.table, clusterId);
    await reserve(dynamo.table, clusterId, 'intervention', 'job');
    const before = await calibrationOf(dynamo.table, clusterId);
    await dynamo.table.client.send(
      new UpdateCommand({
        TableName: dynamo.table.name,
        Key: { PK: `CLUSTER#${clusterId}`, SK: 'CALIBRATION' },
        UpdateExpression,
        ExpressionAttributeNames: { '#name': name },
        ...(bad !== undefined && { ExpressionAttributeValues: { ':bad': bad } }),
      }),
    );
    expect(await rebuildByHand(dynamo.table, clusterId)).toEqual([
      `${clusterId} has the state that its ledger gives after 7 batches; the next job is decided on it`,
    ]);
    // The rows of the newest batch may not have been marked when it broke.
    expect(await calibrationOf(dynamo.table, clusterId)).toEqual({ ...before, marked_version: 6 });
    expect(await isRebuilt(dynamo.table, clusterId)).toBe(true);
    expect((await rebuildByHand(dynamo.table, clusterId))[0]).toMatch(/^Nothing done: the stored state is what/);
  });
});
