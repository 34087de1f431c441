import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HANDLER_FILES } from '../../../infra/aws/app.ts';
import { bundle, bundleOptions } from '../../../infra/aws/constructs/bundle.ts';
import { fileStem } from '../../../infra/aws/constructs/stem.ts';
import { HANDLERS, type HandlerSpec, type Reach } from '../../../infra/aws/handlers.ts';

const REACHES: Reach[] = [
  'events',
  'vgac',
  'slack',
  'slackChannel',
  'slackWebhook',
  'slackSignature',
  'taskTokens',
  'explanations',
  'newClusters',
];
const SPECS = Object.entries<HandlerSpec>(HANDLERS);

describe('stems', () => {
  it('are one for the function, its file and its folder', () => {
    const folders = [...new Set(SPECS.map(([, { folder }]) => folder))];
    const files = folders.flatMap((folder) =>
      readdirSync(`functions/${folder}`)
        .filter((file) => file.endsWith('.ts'))
        .map((file) => `${folder}/${file}`),
    );
    expect(SPECS.map(([name, { folder }]) => `${folder}/${fileStem(name)}.ts`).sort()).toEqual(files.sort());
  });

  const Task = z.looseObject({
    Arguments: z.looseObject({ FunctionName: z.string() }).optional(),
    TimeoutSeconds: z.unknown(),
  });
  /** Every state of a machine that calls a function, those inside a Map included. */
  function callers(machine: string): { state: string; called: string; timeoutSeconds: number }[] {
    const found: ReturnType<typeof callers> = [];
    JSON.parse(readFileSync(`statemachines/${machine}.asl.json`, 'utf8'), (state, value) => {
      const { success, data } = Task.safeParse(value);
      const called = success && data.Arguments?.FunctionName.match(/^\$\{(\w+)Arn\}$/)?.[1];
      if (called) {
        found.push({ state, called, timeoutSeconds: Number(data.TimeoutSeconds) });
      }
      return value;
    });
    return found;
  }

  it.each(['job-workflow', 'drift-monitor', 'recalibration'])(
    'are one for the states and the functions of %s',
    (machine) => {
      const called = callers(machine);
      // The three Predict states share one handler, so that the console shows which way a job went.
      for (const { state, called: name } of called) expect(state.startsWith('Predict') ? 'Predict' : state).toBe(name);
      const own = SPECS.filter(([, { folder }]) => folder === machine).map(([name]) => name);
      expect([...new Set(called.map(({ called: name }) => name))].sort()).toEqual(own.sort());
    },
  );

  it.each(['job-workflow', 'drift-monitor', 'recalibration'])(
    'let no function of %s run on after its state gave up',
    (machine) => {
      for (const { called, timeoutSeconds } of callers(machine)) {
        // A state that waits for a human works out its own limit.
        if (Number.isNaN(timeoutSeconds)) continue;
        const { timeoutSeconds: limit = 30 } = SPECS.find(([name]) => name === called)?.[1] ?? {};
        expect(`${called} ${limit <= timeoutSeconds}`).toBe(`${called} true`);
      }
    },
  );
});

describe('bundle', () => {
  it('builds one ES module per handler, with all it needs inside', async () => {
    const source = mkdtempSync(join(tmpdir(), 'vgac-agentic-source-'));
    const file = join(source, 'tell-time.ts');
    writeFileSync(join(source, 'needs.cjs'), "module.exports = require('node:os').EOL;");
    writeFileSync(file, "import eol from './needs.cjs'; export const handler = async () => [EMBEDDED_BUILD, eol];");
    for (const embedded of [true, false]) {
      const directory = bundle({ entries: { TellTime: file }, embedded });
      const built = join(directory, 'TellTime', 'index.mjs');
      const { handler } = await import(pathToFileURL(built).href);
      expect(await handler()).toEqual([embedded, '\n']);
      rmSync(directory, { recursive: true });
    }
  });
});

describe('source map', () => {
  const SourceMap = z.looseObject({ sources: z.array(z.string()) });

  it('names the line of ours in a stack trace, and leaves the frames of packages in the bundle', async () => {
    const source = mkdtempSync(join(tmpdir(), 'vgac-agentic-source-'));
    const dependency = join(source, 'node_modules', 'calls');
    mkdirSync(dependency, { recursive: true });
    writeFileSync(join(dependency, 'index.js'), 'export const calls = (given) => {\n  return [given()];\n};\n');
    const file = join(source, 'breaks.ts');
    const lines = [
      "import { calls } from 'calls';",
      '',
      'const breaks = (): string => {',
      "  throw new Error('no');",
      '};',
    ];
    writeFileSync(file, [...lines, 'export const handler = () => calls(breaks);'].join('\n'));
    const built = join(bundle({ entries: { Breaks: file }, embedded: false }), 'Breaks', 'index.mjs');
    const script = `import { handler } from '${pathToFileURL(built).href}'; try { handler(); } catch (e) { console.log(e.stack); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { NODE_OPTIONS: '--enable-source-maps' },
      encoding: 'utf8',
    });
    const frames = stdout.split('\n').filter((line) => line.startsWith('    at '));
    expect(frames.slice(0, 3)).toEqual([
      expect.stringMatching(/breaks\.ts:4:9\)?$/),
      expect.stringMatching(/Breaks\/index\.mjs:\d+:\d+\)?$/),
      expect.stringMatching(/breaks\.ts:6:\d+\)?$/),
    ]);
  });

  it('holds lines of this project alone, by their paths in it, and none of their text', () => {
    const directory = bundle({ entries: { AdmitJob: HANDLER_FILES.AdmitJob }, embedded: false });
    const map = SourceMap.parse(JSON.parse(readFileSync(join(directory, 'AdmitJob', 'index.mjs.map'), 'utf8')));
    expect(map.sources).toContain('functions/job-workflow/admit-job.ts');
    expect(map.sources.filter((path) => !/^(functions|schemas)\//.test(path))).toEqual([]);
    expect(map).not.toHaveProperty('sourcesContent');
  });
});

/** A query of the table itself, and not of an index. */
const TABLE_QUERY = 'Query of the table';

describe('every handler', () => {
  /** What a handler can reach: esbuild drops the rest, and marks in its output which file each part comes from. */
  interface Reachable {
    text: string;
    /** SDK calls of its adapters: store -> commands. */
    commands: { store: string; command: string }[];
  }
  let reachable: Map<string, Reachable>;
  beforeAll(() => {
    const { outputFiles } = buildSync({
      ...bundleOptions({ entries: HANDLER_FILES, embedded: false }),
      outdir: '/bundle',
      minify: false,
      sourcemap: false,
      write: false,
    });
    reachable = new Map(
      outputFiles.map(({ path, text }) => {
        const parts = Array.from(text.matchAll(/^\/\/ functions\/adapters\/([^\n]+)\.ts\n(.*?)(?=^\/\/ )/gms));
        const commands = parts
          .filter(([, store]) => store !== 'tables/table')
          .flatMap(([, store = '', code = '']) =>
            Array.from(code.matchAll(/new (\w+)Command\d*\(([\s\S]*?)\}\)/g), ([, command = '', input = '']) => ({
              store,
              command: command === 'Query' && !input.includes('IndexName') ? TABLE_QUERY : command,
            })),
          );
        // What writes whole items, or creates them, goes through table.ts, and is its caller's.
        const written = parts.flatMap(([, store = '', code = '']) =>
          Array.from(code.matchAll(/(?<!function )\b(putItem|upsertItem)\d*\(/g), ([, by]) => ({
            store,
            command: by === 'putItem' ? 'Put' : 'Update',
          })),
        );
        // The same for what queries go through, query.ts: with an index or without.
        const queried = parts.flatMap(([, store = '', code = '']) =>
          Array.from(code.matchAll(/\bquery(?:Pages)?\d*\(\w+, \{([\s\S]*?)\}\)/g), ([, input = '']) => ({
            store,
            command: input.includes('IndexName') ? 'Query' : TABLE_QUERY,
          })),
        );
        commands.push(...written, ...queried);
        return [basename(dirname(path)), { text, commands }];
      }),
    );
  });
  const find = (name: string): Reachable => reachable.get(name) ?? { text: '', commands: [] };
  const sorted = (names: Iterable<string | undefined>) => [...new Set(names)].sort();

  it.each(SPECS)('%s builds', (name) => {
    expect(find(name).text).toMatch(/export \{\n {2}handler\n\};/);
  });

  const KEYS_OF_STORE = new Map([
    ['tables/approvals', 'APPROVAL#*'],
    ['tables/approval-item', 'APPROVAL#*'],
    ['tables/autonomous-effects', 'APPROVAL#*'],
    ['tables/approval-notes', 'APPROVAL#*'],
    ['tables/approval-audit', 'APPROVAL#*'],
    ['tables/approval-lists', 'APPROVAL#*'],
    ['tables/approval-looks', 'APPROVAL#*'],
    ['tables/question-lists', 'APPROVAL#*'],
    ['tables/statements', 'APPROVAL#*'],
    ['tables/daily-digests', 'APPROVAL#*'],
    ['tables/signed-requests', 'REQUEST#*'],
    ['tables/task-tokens', 'TOKEN#*'],
    ['tables/explanations', 'EXPLANATION#*'],
  ]);
  const ITEM_COMMAND = /^(Get|Put|Update|Delete|BatchGet)$/;

  it.each(SPECS)('%s may do with the table just what it can do', (name, { rows = [], indexes = [] }) => {
    const { text, commands } = find(name);
    expect({
      rows: sorted(rows.flatMap(({ keys, actions }) => actions.map((action) => `${action} ${keys}`))),
      indexes: sorted(indexes.map(({ index }) => index)),
    }).toEqual({
      rows: sorted(
        commands
          .filter(({ command }) => ITEM_COMMAND.test(command))
          .map(({ store, command }) => `${command}Item ${KEYS_OF_STORE.get(store) ?? 'CLUSTER#*'}`)
          .concat(commands.some(({ command }) => command === TABLE_QUERY) ? ['Query CLUSTER#*'] : []),
      ),
      indexes: sorted(Array.from(text.matchAll(/IndexName: "(\w+)"/g), ([, index]) => index)),
    });
  });

  it.each(SPECS)('%s reaches and is told just what it needs', (name, { rows, indexes, reaches = [] }) => {
    const { text, commands } = find(name);
    const calls = (command: string) => commands.some((one) => one.command === command);
    const knows = (setting: string) => text.includes(setting);
    expect({
      table: Boolean(rows ?? indexes),
      secrets: reaches.some(
        (reach) => !['events', 'taskTokens', 'slackChannel', 'explanations', 'newClusters'].includes(reach),
      ),
      ...Object.fromEntries(REACHES.map((reach) => [reach, reaches.includes(reach)])),
    }).toEqual({
      table: knows('DYNAMODB_TABLE_NAME'),
      secrets: calls('GetSecretValue'),
      events: calls('PutEvents'),
      taskTokens: calls('SendTaskSuccess') || calls('SendTaskFailure'),
      explanations: calls('Converse'),
      vgac: knows('VGAC_API_BASE_URL'),
      slack: knows('SLACK_BOT_TOKEN_NAME'),
      slackChannel: knows('SLACK_DEFAULT_CHANNEL'),
      slackWebhook: knows('SLACK_WEBHOOK_URL_NAME'),
      slackSignature: knows('SLACK_SIGNING_SECRET_NAME'),
      newClusters: knows('NEW_CLUSTERS_PER_DAY'),
    });
  });
});
