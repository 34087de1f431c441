import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import { afterEach, describe, expect, it } from 'vitest';
import { faultsOfRooms } from './rooms.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

/** A tree that holds these files. */
function treeOf(files: Record<string, string>): string {
  const tree = mkdtempSync(join(tmpdir(), 'house-'));
  trees.push(tree);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }
  return tree;
}

/** Names of the rules that a tree breaks where one file imports another. */
async function brokenBy(from: string, to: string): Promise<string[]> {
  const up = '../'.repeat(from.split('/').length - 1);
  const baseDir = treeOf({
    [from]: `import { x } from '${up}${to}';\nexport const y = x;\n`,
    [to]: 'export const x = 1;\n',
  });
  const { options, forbidden } = await extractDepcruiseConfig(join(root, '.dependency-cruiser.mjs'));
  const { output } = await cruise([from, to], {
    ...options,
    baseDir,
    validate: true,
    ruleSet: { forbidden: forbidden as IForbiddenRuleType[] },
  });
  return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name);
}

describe('an arrow that runs up', () => {
  it.each([
    ['functions/domain/gate.ts', 'functions/application/decisions/carry-out.ts'],
    ['functions/domain/gate.ts', 'functions/adapters/tables/jobs.ts'],
    ['functions/application/outcomes/fold.ts', 'functions/adapters/tables/jobs.ts'],
    ['functions/application/outcomes/fold.ts', 'functions/job-workflow/act.ts'],
    ['functions/adapters/tables/jobs.ts', 'functions/events/ingest-outcome.ts'],
    ['functions/adapters/tables/jobs.ts', 'functions/runtime/task.ts'],
    ['functions/runtime/task.ts', 'functions/domain/gate.ts'],
    ['functions/job-workflow/act.ts', 'infra/aws/names.ts'],
    ['schemas/config.ts', 'functions/domain/gate.ts'],
    ['infra/replay/replay.ts', 'functions/adapters/tables/jobs.ts'],
    ['infra/runtime/system.ts', 'functions/adapters/tables/jobs.ts'],
    ['infra/console/records.ts', 'infra/cli/start.ts'],
    ['infra/runtime/engine/engine.ts', 'infra/runtime/wire/server.ts'],
    ['infra/runtime/bus/bus.ts', 'infra/runtime/system.ts'],
    ['infra/runtime/assembly/load.ts', 'infra/runtime/access/calls.ts'],
  ])('from %s to %s is found', async (from, to) => {
    expect(await brokenBy(from, to)).not.toEqual([]);
  });

  it.each([
    ['functions/application/decisions/carry-out.ts', 'functions/domain/gate.ts'],
    ['functions/adapters/tables/jobs.ts', 'functions/application/decisions/ports.ts'],
    ['functions/job-workflow/act.ts', 'functions/adapters/tables/jobs.ts'],
    ['infra/cli/start.ts', 'infra/console/records.ts'],
    ['infra/runtime/system.ts', 'infra/runtime/wire/server.ts'],
  ])('is none from %s to %s', async (from, to) => {
    expect(await brokenBy(from, to)).toEqual([]);
  });
});

describe('the rooms', () => {
  const lines = (count: number) => 'x\n'.repeat(count);

  it('have no file of more than 400 lines, and no room of more than a fifth but the runtime', () => {
    const sixth = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((room) => [`functions/${room}/one.ts`, lines(100)]));
    expect(faultsOfRooms(treeOf(sixth))).toEqual([]);
    expect(faultsOfRooms(treeOf({ ...sixth, 'infra/runtime/one.ts': lines(400) }))).toEqual([]);
    expect(faultsOfRooms(treeOf({ ...sixth, 'functions/a/two.ts': lines(50) }))).toEqual([
      expect.stringMatching(/^functions\/a holds 150 of 550 lines/),
    ]);
    expect(faultsOfRooms(treeOf({ ...sixth, 'test/long.test.ts': lines(401) }))).toEqual([
      expect.stringMatching(/^test\/long.test.ts has 401 lines/),
    ]);
  });

  it('have no handler of more than 40 lines', () => {
    expect(
      faultsOfRooms(treeOf({ 'functions/events/one.ts': lines(40), 'infra/a.ts': lines(400) })),
    ).not.toContainEqual(expect.stringMatching(/handler/));
    expect(faultsOfRooms(treeOf({ 'functions/events/one.ts': lines(41), 'infra/a.ts': lines(400) }))).toContainEqual(
      'functions/events/one.ts has 41 lines: a handler has at most 40',
    );
  });
});

describe('the pure rooms', () => {
  it.each(['functions/domain/', 'functions/application/', 'schemas/'])(
    '%s reads neither clock, environment nor chance',
    (folder) => {
      const impure = /\bDate\.now\(|new Date\(\)|Math\.random\(|process\.env|performance\.now|\bfetch\(/;
      const files = globSync(`${folder}**/*.ts`, { cwd: root });
      expect(files).not.toEqual([]);
      expect(files.filter((file) => impure.test(readFileSync(`${root}${file}`, 'utf8')))).toEqual([]);
    },
  );
});
