import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { published, toJsonSchemaText } from '../../../schemas/published.ts';

const directory = new URL('../../../schemas/json/', import.meta.url);

describe('the checked-in JSON Schema', () => {
  it.each(Object.keys(published))('%s is what `npm run schemas` writes', (name) => {
    const schema = published[name];
    if (!schema) throw new Error(name);
    expect(readFileSync(new URL(`${name}.schema.json`, directory), 'utf8')).toBe(toJsonSchemaText(name, schema));
  });

  it('has no file that nothing publishes any more', () => {
    const expected = Object.keys(published).map((name) => `${name}.schema.json`);
    expect(readdirSync(directory).sort()).toEqual(expected.sort());
  });
});
