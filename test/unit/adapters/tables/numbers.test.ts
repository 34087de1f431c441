import { GetCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberNotStorable, storable } from '../../../../functions/adapters/tables/numbers.ts';
import { putItem, upsertItem } from '../../../../functions/adapters/tables/table.ts';
import { useTable } from '../../../fixtures/handlers.ts';

const dynamo = useTable();
const key = (SK: string) => ({ PK: 'NUMBERS', SK });

async function stored(SK: string): Promise<Record<string, unknown> | undefined> {
  const answer = await dynamo.table.client.send(new GetCommand({ TableName: dynamo.table.name, Key: key(SK) }));
  return answer.Item;
}

describe('a number that the table cannot hold', () => {
  it.each([
    [5e-324, 0],
    [-1e-200, 0],
    [9.99e-131, 0],
    [1e-130, 1e-130],
    [0.1 + 0.2, 0.30000000000000004],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  ])('is rounded: %d is stored as %d', async (value, expected) => {
    await putItem(dynamo.table, { ...key(`put-${value}`), value, list: [value], deep: { deeper: { value } } });
    expect(await stored(`put-${value}`)).toMatchObject({
      value: expected,
      list: [expected],
      deep: { deeper: { value: expected } },
    });
    await upsertItem(dynamo.table, key(`set-${value}`), {
      UpdateExpression: 'SET held = :held',
      ExpressionAttributeValues: { ':held': value },
    });
    expect(await stored(`set-${value}`)).toMatchObject({ held: expected });
  });

  it.each([2 ** 53, -1e300, Number.POSITIVE_INFINITY, Number.NaN])('is refused by its place: %d', async (value) => {
    const put = putItem(dynamo.table, { ...key('refused'), deep: [{ value }] });
    await expect(put).rejects.toThrow(NumberNotStorable);
    await expect(put).rejects.toThrow(/^Item\.deep\[0\]\.value is .*: the table holds numbers up to 9007199254740991$/);
    expect(await stored('refused')).toBeUndefined();
  });

  it('comes back as it went in, whatever the number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1, noNaN: true }), async (value) => {
        await putItem(dynamo.table, { ...key('any'), value });
        // The table knows no negative zero.
        expect(await stored('any')).toMatchObject({ value: Number(storable(value)) + 0 });
      }),
      { numRuns: 300, seed: 20261120 },
    );
  });

  it('leaves everything else alone, down to the object itself', () => {
    const item = { text: '5e-324', bytes: new Uint8Array([1]), ids: new Set(['a']), nothing: null, n: 1, deep: [{}] };
    expect(storable(item)).toBe(item);
  });
});
