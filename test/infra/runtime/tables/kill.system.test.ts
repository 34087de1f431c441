import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openTables, temporaryFolder } from './fixture.ts';
import { tableSpec } from './spec.ts';

const rows = tableSpec('rows', ['PK'], { byG: { keys: ['g'] } });

describe('a process that is killed', () => {
  it('leaves every answered write, and transactions whole', async () => {
    const folder = temporaryFolder();
    const store = new URL('../../../../infra/runtime/tables/dynamo.ts', import.meta.url).href;
    const script = `
      const { openDynamo } = await import(${JSON.stringify(store)});
      const dynamo = await openDynamo(${JSON.stringify(folder)});
      await dynamo.ensureTable(${JSON.stringify(rows)});
      const add = (id) => ({ Update: { TableName: 'rows', Key: { PK: { S: id } }, UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': { N: '1' } } } });
      for (let n = 1; ; n++) {
        await Promise.all([
          dynamo.run('PutItem', { TableName: 'rows', Item: { PK: { S: 'row ' + n }, g: { S: 'x' } } }),
          dynamo.run('TransactWriteItems', { TransactItems: [add('one'), add('other')] }),
        ]);
        process.stdout.write(n + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let answered = 0;
    for await (const line of createInterface(child.stdout)) {
      answered = Number(line);
      if (answered === 200) child.kill('SIGKILL');
    }
    const dynamo = await openTables(folder, [rows]);
    const get = async (id: string) =>
      Object(await dynamo.run('GetItem', { TableName: 'rows', Key: { PK: { S: id } } })).Item;
    for (let n = 1; n <= answered; n++) expect(await get(`row ${n}`)).toBeDefined();
    const [one, other] = [await get('one'), await get('other')];
    expect(one.n).toEqual(other.n);
    expect(Number(one.n.N)).toBeGreaterThanOrEqual(answered);
    expect(await dynamo.run('Scan', { TableName: 'rows', IndexName: 'byG', Select: 'COUNT' })).toMatchObject({
      Count: expect.toSatisfy((count: number) => count >= answered),
    });
  });
});
