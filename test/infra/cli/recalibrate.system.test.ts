import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration, take } from '../../../functions/adapters/tables/calibration.ts';
import { readLedgerBackwards } from '../../../functions/adapters/tables/ledger.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { placeOf } from '../../../functions/domain/place.ts';
import { roundHash } from '../../../functions/domain/round.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { promoteByHand, rebuildByHand, rollBackByHand, show } from '../../../infra/cli/recalibrate/by-hand.ts';
import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { calibrationOf, configOf } from '../../unit/application/outcomes/fixture.ts';
import { append, fold, isRebuilt, NOW, promoted, stateOf } from '../../unit/recalibration/fixture.ts';

const dynamo = useTable();

function ada() {
  const published: CalibrationPromoted[] = [];
  const publish = async (change: CalibrationPromoted) => {
    published.push(change);
  };
  return { by: 'ada', now: NOW, publish, published };
}

/** An intervention that is held out and has reserved two tokens of tier 3. */
async function reserveTwo(table: Table, clusterId: string, jobId: string): Promise<void> {
  const round = { clusterId, jobId, submittedAt: NOW.toISOString() };
  const reserves = { tier: 3, place: placeOf(round, 2 * TOKEN, NOW), cost: 2 * TOKEN, need: 2 * TOKEN } as const;
  const taken = await take(table, clusterId, { called: 3, demand: 1, open: roundHash(round), reserves });
  if (!taken) throw new Error('nothing was reserved');
}

describe('recalibrate --promote', () => {
  it('puts a refit in force that its proof would not have, shows the proof and puts it on the bus', async () => {
    await fold(dynamo.table, 'by-hand', 800);
    const { n } = await stateOf(dynamo.table, 'by-hand');
    const hand = ada();
    const { lines, json } = await promoteByHand(dynamo.table, 'by-hand', hand);
    expect(lines[0]).toMatch(
      /^Proof: not better; on the newest \d+ jobs served log loss .+; it has to fall beyond noise$/,
    );
    expect(lines[1]).toMatch(/^Epoch 1 is in force: served ECE .+ over \d+ labels; at most notify for 100 labels$/);
    expect(hand.published).toMatchObject([{ epoch: 1, cause: 'promoted', by: 'ada (by hand)' }]);
    const [change] = hand.published;
    expect(json).toMatchObject({ done: true, published: true, change, proof: { better: false } });
    expect(await stateOf(dynamo.table, 'by-hand')).toMatchObject({ epoch: 1, n, sinceEpoch: 0 });
  });

  it('does nothing the second time, even when labels have come in between', async () => {
    await fold(dynamo.table, 'twice', 800);
    await promoteByHand(dynamo.table, 'twice', ada());
    await fold(dynamo.table, 'twice', 90);
    const { sinceEpoch } = await stateOf(dynamo.table, 'twice');
    const hand = ada();
    expect((await promoteByHand(dynamo.table, 'twice', hand)).lines).toEqual([
      `Nothing done: epoch 1 was promoted by ada (by hand) ${sinceEpoch} labels ago`,
    ]);
    expect(hand.published).toEqual([]);
    expect(await stateOf(dynamo.table, 'twice')).toHaveProperty('epoch', 1);
  });

  it('says what is missing where there is too little to fit on', async () => {
    await loadOrCreateCalibration(dynamo.table, configOf('empty'), NOW);
    await expect(promoteByHand(dynamo.table, 'empty', ada())).rejects.toThrow(
      'No refit can be proven: it needs 200 more labels of the newest rounds (0 of 200)',
    );
  });

  it('stands when the bus does not take it, and says so', async () => {
    await fold(dynamo.table, 'deaf', 800);
    const publish = vi.fn(async () => {
      throw new Error('no bus');
    });
    const { lines, json } = await promoteByHand(dynamo.table, 'deaf', { ...ada(), publish });
    expect(lines.at(-1)).toBe('The change could not be put on the bus: no bus');
    expect(json).toMatchObject({ done: true, published: false });
    expect(await stateOf(dynamo.table, 'deaf')).toHaveProperty('epoch', 1);
  });
});

describe('recalibrate --roll-back', () => {
  it('puts what was learned before in force again, once', async () => {
    await promoted(dynamo.table, 'back');
    const hand = ada();
    const { lines } = await rollBackByHand(dynamo.table, 'back', { ...hand, reason: 'looks odd' });
    expect(lines[0]).toMatch(/^Epoch 2 is in force: served ECE/);
    expect(hand.published).toMatchObject([{ epoch: 2, cause: 'rolledBack', reason: 'looks odd' }]);
    expect((await rollBackByHand(dynamo.table, 'back', hand)).lines).toEqual([
      'Nothing done: epoch 2 was restored by ada (by hand) 0 labels ago',
    ]);
    expect(await stateOf(dynamo.table, 'back')).toMatchObject({ epoch: 2 });
  });

  it('has nothing to roll back where nothing was ever refitted', async () => {
    await fold(dynamo.table, 'first', 100);
    await expect(rollBackByHand(dynamo.table, 'first', ada())).rejects.toThrow('there is nothing to roll back');
  });
});

describe('recalibrate --show', () => {
  it('shows what is in force and every refit with its proof, and changes nothing', async () => {
    await promoted(dynamo.table, 'shown');
    await fold(dynamo.table, 'shown', 60);
    const { sinceEpoch } = await stateOf(dynamo.table, 'shown');
    const before = await calibrationOf(dynamo.table, 'shown');
    const { lines, json } = await show(dynamo.table, 'shown');
    const text = lines.join('\n');
    expect(text).toContain(
      `epoch 1: a refit of the forecast, ${sinceEpoch} labels old, at most notify for ${100 - sinceEpoch} more`,
    );
    expect(json).toMatchObject({
      clusterId: 'shown',
      epoch: 1,
      labelsSinceEpoch: sinceEpoch,
      refits: [{ epoch: 1, status: 'promoted' }],
    });
    expect(text).toMatch(/REFIT#1 .*promoted.* {2}2026-11-20T08:00:00.000Z, run-1/);
    expect(text).toMatch(/fitted on 560 rounds, proven on \d+ labels of later ones in \d+ stretches of time/);
    expect(text).toMatch(/served: ECE 0\.\d{4} \[.+\] → 0\.\d{4} \[.+\], log loss/);
    expect(await calibrationOf(dynamo.table, 'shown')).toEqual(before);
  });

  it('says of a calibration map of an earlier version that it is no longer in force, and goes nowhere from it', async () => {
    await fold(dynamo.table, 'earlier', 100);
    await append(dynamo.table, 'earlier', [], { epoch: 1, cause: 'promoted', by: 'an earlier version' });
    const text = (await show(dynamo.table, 'earlier')).lines.join('\n');
    expect(text).toContain('epoch 1: the forecast as it has learned by itself');
    expect(text).toContain('epoch 1 began with a calibration map of an earlier version: that is no longer in force');
    await expect(rollBackByHand(dynamo.table, 'earlier', ada())).rejects.toThrow('nothing to go back to');
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
    await reserveTwo(dynamo.table, clusterId, 'job');
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
    expect((await rebuildByHand(dynamo.table, clusterId)).lines).toEqual([
      `${clusterId} has the state that its ledger gives after 9 batches; the next job is decided on it`,
    ]);
    // The rows of the newest batch may not have been marked when it broke.
    expect(await calibrationOf(dynamo.table, clusterId)).toEqual({ ...before, marked_version: 8 });
    expect(await isRebuilt(dynamo.table, clusterId)).toBe(true);
    expect((await rebuildByHand(dynamo.table, clusterId)).lines[0]).toMatch(/^Nothing done: the stored state is what/);
  });

  it.each([
    ['the first', [0], '0'],
    ['some in the middle', [2, 4, 5], '2, 4 to 5'],
    ['the last', [8, 9], '8 to 9'],
  ])('replaces nothing where %s batches of the ledger are missing, and names them', async (which, versions, named) => {
    const clusterId = which.replaceAll(' ', '-');
    await promoted(dynamo.table, clusterId);
    for (const version of versions) {
      const Key = { PK: `CLUSTER#${clusterId}`, SK: `LEDGER#${String(version).padStart(10, '0')}` };
      await dynamo.table.client.send(new DeleteCommand({ TableName: dynamo.table.name, Key }));
    }
    const before = await calibrationOf(dynamo.table, clusterId);
    await expect(rebuildByHand(dynamo.table, clusterId)).rejects.toMatchObject({
      name: 'UnreadableItem',
      message: `the ledger of ${clusterId} lacks the batches ${named}: restore the table from a backup`,
    });
    expect(await calibrationOf(dynamo.table, clusterId)).toEqual(before);
    // Whoever reads it backwards, for a refit or to find an epoch, meets the hole too.
    const backwards = async () => {
      for await (const { version } of readLedgerBackwards(dynamo.table, clusterId, 9))
        expect(versions).not.toContain(version);
    };
    await expect(backwards()).rejects.toThrow(/lacks the batches/);
  });

  it('frees no token that a decision reserves at the same moment', async () => {
    await promoted(dynamo.table, 'reserving');
    await reserveTwo(dynamo.table, 'reserving', 'first');
    const Key = { PK: 'CLUSTER#reserving', SK: 'CALIBRATION' };
    const UpdateExpression = 'SET sample_count = :none';
    const broken = { TableName: dynamo.table.name, Key, UpdateExpression };
    await dynamo.table.client.send(new UpdateCommand({ ...broken, ExpressionAttributeValues: { ':none': 'many' } }));
    let raced = false;
    const send = async (command: unknown) => {
      if (command instanceof UpdateCommand && !raced) {
        raced = true;
        await reserveTwo(dynamo.table, 'reserving', 'second');
      }
      return Reflect.apply(dynamo.table.client.send, dynamo.table.client, [command]);
    };
    const racing: Table = {
      name: dynamo.table.name,
      client: Object.create(dynamo.table.client, { send: { value: send } }),
    };
    expect((await rebuildByHand(racing, 'reserving')).lines[0]).toMatch(/^Nothing done: .+ Try again$/);
    await rebuildByHand(racing, 'reserving');
    expect((await calibrationOf(dynamo.table, 'reserving')).free_3).toBe(16 * TOKEN);
  });

  it('gives back the free tokens that a broken item has lost, less what its places have reserved', async () => {
    await promoted(dynamo.table, 'lost');
    await reserveTwo(dynamo.table, 'lost', 'job');
    const before = await calibrationOf(dynamo.table, 'lost');
    await dynamo.table.client.send(
      new UpdateCommand({
        TableName: dynamo.table.name,
        Key: { PK: 'CLUSTER#lost', SK: 'CALIBRATION' },
        UpdateExpression: 'REMOVE free_1, free_3',
      }),
    );
    await rebuildByHand(dynamo.table, 'lost');
    const after = await calibrationOf(dynamo.table, 'lost');
    expect([after.free_1, after.free_3]).toEqual([before.free_1, 18 * TOKEN]);
  });
});
