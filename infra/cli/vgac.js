#!/usr/bin/env node
/**
 * The `vgac` command. Its program is TypeScript, which Node runs from version 24 on. An older Node runs it with the one that
 * `npm ci` has installed beside it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const argv = process.argv.slice(2);
const root = new URL('../../', import.meta.url);
const installed = fileURLToPath(new URL('node_modules/.bin/node', root));
const [major = 0] = process.versions.node.split('.').map(Number);

if (!existsSync(installed)) fail(`vgac needs its dependencies: run npm ci in ${fileURLToPath(root)} first.`);
else if (major < 24) runWith(installed);
else {
  const { main } = await import('./vgac.ts');
  await main(argv);
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...argv], { stdio: 'inherit' });
  // Ctrl-C reaches both processes, and what it means is the child's to decide; other signals reach only this one.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(`${node} cannot be run (${error.message}): run npm ci again.`));
  child.once('close', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
