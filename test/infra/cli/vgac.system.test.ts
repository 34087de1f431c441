import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyClusters } from '../../../infra/cli/configure/apply-clusters.ts';
import { VERBS } from '../../../infra/cli/verbs.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import { startDynamo } from '../../fixtures/dynamo.ts';

const VGAC = fileURLToPath(new URL('../../../infra/cli/vgac.js', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../../infra/cli/clusters.example.json', import.meta.url));
/** Says on stderr of every module that it is loaded. */
const SAYS_WHAT_IT_LOADS = `data:text/javascript,import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const folder = mkdtempSync(join(tmpdir(), 'vgac-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command in an empty folder and an environment that says nothing of AWS, unless it is told otherwise. */
function vgac(args: string[], environment: Record<string, string> = {}, nodeArgs: string[] = []): Promise<Run> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    NO_COLOR: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [...nodeArgs, VGAC, ...args], { env, cwd: folder }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

describe('vgac', () => {
  it('lists every verb and the exit codes', async () => {
    const { code, stdout, stderr } = await vgac(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { name, summary } of VERBS) expect(stdout).toMatch(new RegExp(`^  ${name} .*${summary}$`, 'm'));
    expect(stdout).toContain(
      'Exit codes: 0 it is done; 1 it is not, and stderr says why; 2 the command line is wrong.',
    );
  });

  it.each([
    [['freze'], "Unknown command 'freze'. Did you mean freeze? See vgac --help for the verbs.\n"],
    [['freeze'], "Missing required argument 'cluster'. See vgac freeze --help.\n"],
    [['freeze', 'x', '--liift'], "Unknown option '--liift'. Did you mean --lift? See vgac freeze --help.\n"],
    [['freeze', 'x'], 'Say why with --reason "...": whoever finds the freeze will ask.\n'],
    [['approve'], 'Name an approval, or use --list.\n'],
    [['approve', 'x', '--approve'], 'Say who answers with --as SLACK_ID, the one in the configuration.\n'],
    [['audit'], 'Use either --job ID for the story of one job, or --export FILE for those of all jobs.\n'],
    [['recalibrate', 'x', '--promote', '--rebuild'], 'Use only one of --promote, --roll-back and --rebuild.\n'],
    [['start', '--idle', '--speed', '2'], 'Leave out --speed: with --idle the clock is the real one.\n'],
  ])('ends with 2 and one sentence for %j', async (args, stderr) => {
    expect(await vgac(args)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('ends with 2 where no verb is given, and shows its help', async () => {
    expect(await vgac([])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Usage: vgac') });
  });

  it('ends without a word when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [VGAC, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('loads nothing of a verb that is not asked for', async () => {
    const loaded = async (...args: string[]) => (await vgac(args, {}, ['--import', SAYS_WHAT_IT_LOADS])).stderr;
    const help = await loaded('--help');
    expect(help).toContain('infra/cli/verbs.ts');
    // The sentence about a full disk is a file of its own that imports nothing.
    const heavy =
      /esbuild|hono|@aws-sdk|zod|infra\/(runtime\/(?!disk-full)|console\/|replay\/|demo\/|aws\/)|infra\/cli\/start/;
    expect(help).not.toMatch(heavy);
    const freeze = await loaded('freeze', '--help');
    expect(freeze).toContain('infra/cli/freeze.ts');
    expect(freeze).not.toMatch(/esbuild|hono|infra\/cli\/(start|approve|audit|replay)|infra\/(console|replay|demo)\//);
    expect(await loaded('start', '--help')).not.toMatch(
      /esbuild|hono|@aws-sdk|infra\/(runtime\/(?!disk-full)|console\/|demo\/)/,
    );
  });
});

describe('a verb that needs the table', () => {
  const cases = [
    ['configure', EXAMPLE],
    ['freeze', 'x', '--lift'],
    ['approve', '--list'],
    ['audit', '--job', '1'],
    ['recalibrate', 'x'],
  ];

  it.each(cases)('says in one sentence what to set where nothing says which system is meant: %s', async (...args) => {
    const { code, stdout, stderr } = await vgac(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Say which system you mean: .*AWS_REGION.*vgac start --idle.*--endpoint or --data\.\n$/);
  });

  it.each(cases)('says so where there are no credentials: %s', async (...args) => {
    const { code, stderr } = await vgac(args, { AWS_REGION: 'eu-central-1' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^There are no credentials to sign with: .*AWS_PROFILE.*--data\.\n$/);
  });

  it.each(cases)('says so where nothing listens: %s', async (...args) => {
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA0123456789ABCDEF', AWS_SECRET_ACCESS_KEY: 'secret', AWS_MAX_ATTEMPTS: '1' };
    const { code, stderr } = await vgac([...args, '--endpoint', 'http://127.0.0.1:1'], keys);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The system does not answer \(.*ECONNREFUSED.*\): is it running, .*\n$/);
  });
});

describe('--json', () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  beforeAll(async () => {
    dynamo = await startDynamo();
    await applyClusters(dynamo.table, [ClusterConfig.parse({ clusterId: 'east', platform: 'slurm' })], new Date());
  });
  afterAll(() => dynamo.close());

  async function json(...args: string[]): Promise<unknown> {
    const where = ['--endpoint', dynamo.endpoint, '--table', dynamo.table.name];
    const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
    const { code, stdout, stderr } = await vgac([...args, '--json', ...where], keys);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  }

  it('prints one document of what was configured, without a salt', async () => {
    const file = join(folder, 'clusters.json');
    writeFileSync(file, readFileSync(EXAMPLE));
    const applied = await json('configure', file);
    expect(applied).toHaveProperty('[0]', expect.objectContaining({ created: true, clusterId: 'gpu-slurm' }));
    expect(JSON.stringify(applied)).not.toContain('"salt"');
  });

  it('prints one document of a freeze and of its end', async () => {
    const frozen = await json('freeze', 'east', '--reason', 'maintenance', '--by', 'ada');
    expect(frozen).toEqual({
      cluster: 'east',
      frozen: { by: 'ada', reason: 'maintenance', at: expect.any(String) },
    });
    expect(await json('freeze', 'east', '--lift')).toMatchObject({ frozen: null, lifted: { by: 'ada' } });
  });

  it('prints one document of what is asked, of refits, and of an export', async () => {
    expect(await json('approve', '--list')).toEqual([]);
    expect(await json('recalibrate', 'east')).toMatchObject({ clusterId: 'east', epoch: 0, refits: [] });
    const file = join(folder, 'stories.jsonl');
    expect(await json('audit', '--export', file)).toEqual({ file, lines: 0 });
  });
});
