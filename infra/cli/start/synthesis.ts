import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAssembly } from '../../runtime/assembly/load.ts';
import { checkFunctionsLoad } from '../../runtime/functions/load-check.ts';
import { sealedFolder, UNFINISHED } from './assembly-seal.ts';
import { CannotStart } from './cannot-start.ts';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

/** What the assembly is made of. */
const SOURCES = [join('infra', 'aws'), 'functions', 'schemas', 'statemachines', 'package-lock.json'];

async function sourceFiles(path: string): Promise<string[]> {
  const entries = await readdir(join(PROJECT, path), { withFileTypes: true }).catch(() => null);
  if (entries === null) return [path];
  const nested = await Promise.all(
    entries.map((entry) => (entry.isDirectory() ? sourceFiles(join(path, entry.name)) : [join(path, entry.name)])),
  );
  return nested.flat();
}

/** One digest over every source, the Node version and the settings that shape the assembly. */
async function fingerprint(settings: Readonly<Record<string, string>>): Promise<string> {
  const hash = createHash('sha256')
    .update(process.version)
    .update(JSON.stringify(Object.entries(settings).sort()));
  const files = (await Promise.all(SOURCES.map(sourceFiles))).flat().sort();
  const contents = await Promise.all(files.map((file) => readFile(join(PROJECT, file)).catch(() => Buffer.alloc(0))));
  for (const [index, file] of files.entries()) hash.update(`\0${file}\0`).update(contents[index] ?? '');
  return hash.digest('hex');
}

/** For reading an assembly before it is known where it will run. */
const PLACE = { account: '000000000000', region: 'us-east-1', endpoint: 'http://127.0.0.1' };

/** Assemblies of earlier sources that are kept: a system that still runs loads its handlers from one. */
const KEPT = 3;

/**
 * Writes the CDK assembly of stage `local`, in a child process of its own, and gives its folder: one per sources and
 * settings inside `parent`, whose functions can all be loaded. `onBegin` is called where there is none yet, or a damaged one,
 * for it takes a while. Throws CannotStart with the last lines of what the app said, UnsupportedAssembly naming what cannot run.
 */
export async function synthesize(
  parent: string,
  settings: Readonly<Record<string, string>>,
  onBegin: () => void = () => {},
): Promise<{ directory: string; cached: boolean }> {
  const directory = join(parent, (await fingerprint(settings)).slice(0, 16));
  const cached = await sealedFolder(directory, async (unfinished) => {
    onBegin();
    await run(unfinished, settings);
    const { functions } = loadAssembly(unfinished, PLACE);
    await checkFunctionsLoad(functions, { AWS_REGION: PLACE.region });
  });
  const now = new Date();
  await utimes(directory, now, now);
  if (!cached) await prune(parent);
  return { directory, cached };
}

async function prune(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => !name.startsWith(UNFINISHED));
  const dated = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(parent, name))).mtimeMs })));
  for (const { name } of dated.sort((a, b) => b.at - a.at).slice(KEPT)) {
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

function run(directory: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(process.execPath, [join('infra', 'aws', 'app.ts')], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings, STAGE: 'local', CDK_OUTDIR: directory },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-4_000);
  });
  child.once('error', reject);
  child.once('close', (code) => {
    if (code === 0) return resolve();
    const last = said.trim().split('\n').slice(-12).join('\n');
    reject(new CannotStart(`The assembly cannot be synthesized; put this right first:\n${last}`));
  });
  return promise;
}
