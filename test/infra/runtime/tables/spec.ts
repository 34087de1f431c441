import type { TableSpec } from '../../../../infra/runtime/assembly/specs.ts';

const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType });

/** A table with text keys and indexes, e.g. `{ byUser: ['user', 'at'] }`. */
export function tableSpec(
  name: string,
  keys: readonly string[],
  indexes: Readonly<Record<string, { keys: readonly string[]; projection?: object }>> = {},
): TableSpec {
  const schema = (names: readonly string[]) => names.map((each, at) => key(each, at === 0 ? 'HASH' : 'RANGE'));
  const all = new Set([...keys, ...Object.values(indexes).flatMap((index) => index.keys)]);
  return {
    name,
    arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`,
    KeySchema: schema(keys),
    AttributeDefinitions: [...all].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, { keys, projection }]) => ({
      IndexName,
      KeySchema: schema(keys),
      Projection: projection ?? { ProjectionType: 'ALL' },
    })),
  };
}
