import { mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAssembly } from '../../../../infra/runtime/assembly/load.ts';
import { checkFunctionsLoad } from '../../../../infra/runtime/functions/load-check.ts';
import { lambda, temporaryFolder, writeAssembly } from '../assembly-fixture.ts';

const PLACE = { account: '000000000000', region: 'us-east-1', endpoint: 'http://127.0.0.1:1' };
const GOOD = 'export const handler = async () => process.env.NEEDED.length;\n';
const needy = { Environment: { Variables: { NEEDED: 'yes' } } };

/** An assembly of functions with these texts, by name. */
function assemblyOf(functions: Record<string, string>): string {
  const resources = Object.fromEntries(
    Object.keys(functions).map((name) => [name, lambda(name, { FunctionName: name, ...needy })]),
  );
  return writeAssembly({ Stack: { resources } }, functions);
}
const check = (directory: string) => checkFunctionsLoad(loadAssembly(directory, PLACE).functions, {});

describe('the functions of an assembly', () => {
  it('are fine where each can be loaded in its environment', async () => {
    await check(assemblyOf({ one: GOOD, two: `if (!process.env.NEEDED) throw new Error('unset');\n${GOOD}` }));
  });

  it('that cannot be loaded are all named', async () => {
    const halved = assemblyOf({
      good: GOOD,
      half: GOOD,
      other: 'export const another = 1;',
      throws: 'throw new RangeError("at once");',
    });
    truncateSync(join(halved, 'asset.half', 'index.mjs'), 30);
    await expect(check(halved)).rejects.toMatchObject({
      name: 'UnsupportedAssembly',
      problems: [
        expect.stringMatching(
          /^half: .*index\.mjs cannot be loaded \(SyntaxError: .*\); synthesize the assembly again$/,
        ),
        expect.stringMatching(/^other: .*index\.mjs exports no function handler$/),
        expect.stringMatching(/^throws: .* cannot be loaded \(RangeError: at once\)/),
      ],
    });
  });

  it('are named where one ends the thread that loads them', async () => {
    await expect(check(assemblyOf({ ends: 'process.exit(3);' }))).rejects.toThrow('with status 3');
  });
});

describe('an assembly that is damaged', () => {
  const refused = (directory: string) => expect(() => loadAssembly(directory, PLACE));

  it('is refused in a sentence that names the file, be it cut, missing or of something else', () => {
    for (const name of ['manifest.json', 'Stack.template.json', 'Stack.assets.json']) {
      const cut = assemblyOf({ one: GOOD });
      truncateSync(join(cut, name), 20);
      refused(cut).toThrow(`${join(cut, name)} is not JSON, it may have been cut: synthesize the assembly again`);
      writeFileSync(join(cut, name), '[]');
      refused(cut).toThrow(`${join(cut, name)} is no file of an assembly that runs here`);
      renameSync(join(cut, name), join(cut, 'elsewhere'));
      refused(cut).toThrow(name === 'manifest.json' ? 'contains no manifest.json' : `${join(cut, name)} is missing`);
    }
  });

  it('is refused in a folder from which Node loads no module', () => {
    const parent = join(temporaryFolder(), 'back\\slash');
    mkdirSync(parent);
    const moved = join(parent, 'assembly');
    renameSync(assemblyOf({ one: GOOD }), moved);
    refused(moved).toThrow('cannot be loaded: its path must not contain a backslash');
  });
});
