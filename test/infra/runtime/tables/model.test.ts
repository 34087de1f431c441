import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Dynamo, openTables, temporaryFolder } from './fixture.ts';
import { tableSpec } from './spec.ts';

interface Row {
  readonly PK: string;
  readonly SK: string;
  readonly n: number | undefined;
  readonly g: string | undefined;
}
type Model = ReadonlyMap<string, Row>;
interface Write {
  readonly kind: 'put' | 'add' | 'group' | 'ungroup' | 'delete' | 'check';
  readonly PK: string;
  readonly SK: string;
  readonly g: string;
  readonly by: number;
  readonly needs: 'nothing' | 'there' | 'not there' | 'many';
}
type Step =
  | { readonly kind: 'write'; readonly write: Write }
  | { readonly kind: 'transaction'; readonly writes: readonly Write[] }
  | {
      readonly kind: 'query';
      readonly PK: string;
      readonly from: string;
      readonly forwards: boolean;
      readonly limit: number;
    }
  | { readonly kind: 'group'; readonly g: string; readonly forwards: boolean; readonly limit: number }
  | { readonly kind: 'restart' };

const PKS = fc.constantFrom('a', 'a#', 'b');
const SKS = fc.constantFrom('1', '10', '2', '\u0000', 'é');
const GROUPS = fc.constantFrom('x', 'y');
const write: fc.Arbitrary<Write> = fc.record({
  kind: fc.constantFrom('put', 'add', 'group', 'ungroup', 'delete', 'check'),
  PK: PKS,
  SK: SKS,
  g: GROUPS,
  by: fc.integer({ min: -3, max: 3 }),
  needs: fc.constantFrom('nothing', 'there', 'not there', 'many'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), write }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('transaction' as const),
      writes: fc.uniqueArray(write, { selector: ({ PK, SK }) => `${PK} ${SK}`, minLength: 1, maxLength: 5 }),
    }),
  },
  fc.record({
    kind: fc.constant('query' as const),
    PK: PKS,
    from: SKS,
    forwards: fc.boolean(),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constant('group' as const),
    g: GROUPS,
    forwards: fc.boolean(),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

const nameOf = ({ PK, SK }: Pick<Row, 'PK' | 'SK'>) => JSON.stringify([PK, SK]);
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The rows after a write; null when its condition does not hold. */
function after(model: Model, { kind, PK, SK, g, by, needs }: Write): Model | null {
  const name = nameOf({ PK, SK });
  const old = model.get(name);
  const holds = { nothing: true, there: old !== undefined, 'not there': old === undefined, many: (old?.n ?? 0) > 2 };
  if (!holds[needs]) return null;
  const base = old ?? { PK, SK, n: undefined, g: undefined };
  const next = new Map(model);
  if (kind === 'delete') next.delete(name);
  if (kind === 'put') next.set(name, { PK, SK, n: by, g });
  if (kind === 'add') next.set(name, { ...base, n: (base.n ?? 0) + by });
  if (kind === 'group') next.set(name, { ...base, g });
  if (kind === 'ungroup') next.set(name, { ...base, g: undefined });
  return next;
}

function request({ kind, PK, SK, g, by, needs }: Write) {
  const key = { PK: { S: PK }, SK: { S: SK } };
  const condition = {
    nothing: undefined,
    there: 'attribute_exists(PK)',
    'not there': 'attribute_not_exists(PK)',
    many: 'n > :two',
  }[needs];
  const update = { add: 'ADD n :by', group: 'SET g = :g', ungroup: 'REMOVE g' };
  const values = {
    ...(needs === 'many' && { ':two': { N: '2' } }),
    ...(kind === 'add' && { ':by': { N: `${by}` } }),
    ...(kind === 'group' && { ':g': { S: g } }),
  };
  const common = {
    TableName: 'rows',
    ...(condition && { ConditionExpression: condition }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
  if (kind === 'put') return { Put: { ...common, Item: { ...key, n: { N: `${by}` }, g: { S: g } } } };
  if (kind === 'delete') return { Delete: { ...common, Key: key } };
  if (kind === 'check') return { ConditionCheck: { ...common, Key: key } };
  return { Update: { ...common, Key: key, UpdateExpression: update[kind] } };
}

const itemOf = ({ PK, SK, n, g }: Row) => ({
  PK: { S: PK },
  SK: { S: SK },
  ...(n !== undefined && { n: { N: `${n}` } }),
  ...(g !== undefined && { g: { S: g } }),
});

async function everything(dynamo: Dynamo, input: object): Promise<unknown[]> {
  const items: unknown[] = [];
  let start: unknown;
  do {
    const more = start === undefined ? {} : { ExclusiveStartKey: start };
    const page = Object(await dynamo.run('Query', { TableName: 'rows', ...input, ...more }));
    items.push(...page.Items);
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

it('holds what a plain map of rows would hold, whatever is done to it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const folder = temporaryFolder();
      const spec = tableSpec('rows', ['PK', 'SK'], { byGroup: { keys: ['g', 'SK'] } });
      let dynamo = await openTables(folder, [spec]);
      let model: Model = new Map();
      for (const each of steps) {
        if (each.kind === 'restart') {
          await dynamo.close();
          dynamo = await openTables(folder, [spec]);
        } else if (each.kind === 'write' && each.write.kind !== 'check') {
          const next = after(model, each.write);
          const { Put, Delete, Update } = request(each.write);
          const name = Put ? 'PutItem' : Delete ? 'DeleteItem' : 'UpdateItem';
          const done = dynamo.run(name, Put ?? Delete ?? Update);
          if (next === null) await expect(done).rejects.toMatchObject({ type: 'ConditionalCheckFailedException' });
          else await done;
          model = next ?? model;
        } else if (each.kind === 'transaction') {
          const writes = each.writes.filter(({ kind, needs }) => kind !== 'check' || needs !== 'nothing');
          if (writes.length === 0) continue;
          const outcomes = writes.map((one) => after(model, one));
          const done = dynamo.run('TransactWriteItems', { TransactItems: writes.map(request) });
          if (outcomes.includes(null)) {
            const reasons = outcomes.map((next) => ({ Code: next === null ? 'ConditionalCheckFailed' : 'None' }));
            await expect(done).rejects.toMatchObject({ extra: { CancellationReasons: reasons } });
          } else {
            await done;
            for (const one of writes) model = after(model, one) ?? model;
          }
        } else if (each.kind === 'query') {
          const rows = [...model.values()]
            .filter(({ PK, SK }) => PK === each.PK && byBytes(SK, each.from) >= 0)
            .sort((a, b) => byBytes(a.SK, b.SK));
          const found = await everything(dynamo, {
            KeyConditionExpression: 'PK = :p AND SK >= :s',
            Limit: each.limit,
            ScanIndexForward: each.forwards,
            ExpressionAttributeValues: { ':p': { S: each.PK }, ':s': { S: each.from } },
          });
          expect(found).toEqual((each.forwards ? rows : rows.reverse()).map(itemOf));
        } else if (each.kind === 'group') {
          const rows = [...model.values()]
            .filter(({ g }) => g === each.g)
            .sort((a, b) => byBytes(a.SK, b.SK) || byBytes(a.PK, b.PK));
          const found = await everything(dynamo, {
            IndexName: 'byGroup',
            KeyConditionExpression: 'g = :g',
            Limit: each.limit,
            ScanIndexForward: each.forwards,
            ExpressionAttributeValues: { ':g': { S: each.g } },
          });
          expect(found).toEqual((each.forwards ? rows : rows.reverse()).map(itemOf));
        }
      }
      const { Items } = Object(await dynamo.run('Scan', { TableName: 'rows' }));
      const inOrder = (a: Row, b: Row) => byBytes(a.PK, b.PK) || byBytes(a.SK, b.SK);
      expect(Items).toEqual([...model.values()].sort(inOrder).map(itemOf));
      await dynamo.close();
    }),
    { numRuns: 80 },
  );
});
