import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `only` are the paths that files under `from` may import; everything else is a violation of the layering. */
const layers: { rule: string; from: string; only: RegExp }[] = [
  { rule: 'schemas know nothing but zod', from: 'schemas/', only: /^(schemas\/|zod|node_modules\/zod)/ },
  {
    rule: 'the domain is pure: no SDK, no network, no files, no clock of its own',
    from: 'functions/domain/',
    only: /^(functions\/domain\/|schemas\/|zod|node_modules\/zod|crypto$|node:crypto$)/,
  },
  {
    rule: 'the runtime knows no rule and no edge',
    from: 'functions/runtime/',
    only: /^(functions\/runtime\/|schemas\/|(node_modules\/)?(zod|@middy|@aws-lambda-powertools|@types\/aws-lambda|aws-lambda))/,
  },
];

/** Files under these folders may not import what `never` names. */
const walls: { rule: string; from: RegExp; never: RegExp }[] = [
  {
    rule: 'only adapters talk to the outside through an SDK',
    from: /^functions\/(?!adapters\/)/,
    never: /@aws-sdk\/|@slack\/|@kubernetes\//,
  },
  { rule: 'functions do not know where they run', from: /^functions\//, never: /^(infra|test)\// },
  {
    rule: 'only the back-test tries other numbers',
    from: /^(?!infra\/replay\/)/,
    never: /^functions\/domain\/other-numbers/,
  },
  {
    rule: 'the back-test knows the rules and no edge',
    from: /^infra\/replay\//,
    never: /^functions\/(adapters|runtime|job-workflow|drift-monitor|recalibration|events|http)\//,
  },
  {
    rule: 'handlers are not imported',
    from: /./,
    never: /^functions\/(job-workflow|drift-monitor|recalibration|events|http)\//,
  },
  {
    rule: 'the one-machine runtime runs the bundles and imports no handler, adapter or runtime of the functions',
    from: /^infra\/runtime\//,
    never: /^functions\/(adapters|runtime|job-workflow|drift-monitor|recalibration|events|http)\//,
  },
];

const { output } = await cruise(['schemas', 'functions', 'infra'], {
  baseDir: root,
  doNotFollow: { path: 'node_modules' },
  tsPreCompilationDeps: true,
  enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] },
});
const { modules } = output as ICruiseResult;
const imports = modules
  .filter(({ source }) => /^(schemas|functions|infra)\//.test(source))
  .flatMap(({ source, dependencies }) =>
    dependencies.map(({ resolved, circular }) => ({ source, resolved, circular })),
  );

describe('the layering', () => {
  it('is read from the whole tree', () => {
    expect(new Set(imports.map(({ source }) => source.split('/').slice(0, 2).join('/'))).size).toBeGreaterThan(5);
  });

  it.each(layers)('$rule', ({ from, only }) => {
    const mine = imports.filter(({ source }) => source.startsWith(from));
    expect(mine.length).toBeGreaterThan(0);
    expect(mine.filter(({ resolved }) => !only.test(resolved))).toEqual([]);
  });

  it.each(walls)('$rule', ({ from, never }) => {
    expect(imports.filter(({ source, resolved }) => from.test(source) && never.test(resolved))).toEqual([]);
  });

  it('has no circle', () => {
    expect(imports.filter(({ circular }) => circular)).toEqual([]);
  });

  it.each(['functions/domain/', 'schemas/'])('%s reads neither clock, environment nor chance', async (folder) => {
    const { globSync, readFileSync } = await import('node:fs');
    const impure = /\bDate\.now\(|new Date\(\)|Math\.random\(|process\.env|performance\.now|\bfetch\(/;
    const files = globSync(`${folder}**/*.ts`, { cwd: root }).filter((file) =>
      impure.test(readFileSync(`${root}${file}`, 'utf8')),
    );
    expect(files).toEqual([]);
  });
});
