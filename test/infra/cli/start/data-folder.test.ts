import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CannotStart } from '../../../../infra/cli/start/cannot-start.ts';
import { namedSecrets, openDataFolder, slackSecrets } from '../../../../infra/cli/start/data-folder.ts';
import { DataFolderUnusable } from '../../../../infra/runtime/data-folder.ts';
import { lockFolder } from '../../../../infra/runtime/journal/lock.ts';

const base = mkdtempSync(join(tmpdir(), 'vgac-data-'));
const folder = join(base, 'data');
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the data folder', () => {
  it('is refused where its path has a backslash, from which no handler could be loaded', async () => {
    const refused = openDataFolder(`${folder}\\`, { fresh: false });
    await expect(refused).rejects.toThrow('has a backslash in it, and Node loads no module from there');
  });

  it('is made when it is missing, for its owner only', async () => {
    await openDataFolder(folder, { fresh: false });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('takes an empty folder', async () => {
    mkdirSync(folder);
    await expect(openDataFolder(folder, { fresh: true })).resolves.toBe(folder);
  });

  it('keeps its contents, and loses them with fresh', async () => {
    await openDataFolder(folder, { fresh: false });
    writeFileSync(join(folder, 'table'), 'x');
    await openDataFolder(folder, { fresh: false });
    expect(existsSync(join(folder, 'table'))).toBe(true);
    await openDataFolder(folder, { fresh: true });
    expect(existsSync(join(folder, 'table'))).toBe(false);
  });

  it.each([
    ['an earlier one', 0],
    ['a later one', 2],
  ])('is refused when it is of another layout, %s, and nothing in it is touched', async (_, layout) => {
    await openDataFolder(folder, { fresh: false });
    writeFileSync(join(folder, 'table'), 'x');
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ layout, more: true }));
    const before = readdirSync(folder);
    const refused = openDataFolder(folder, { fresh: false, exclusive: true });
    await expect(refused).rejects.toThrow(
      `${folder} is of layout ${layout}, and this version keeps layout 1: start anew with --fresh, or give another --data folder.`,
    );
    await expect(refused).rejects.toBeInstanceOf(DataFolderUnusable);
    expect(readdirSync(folder)).toEqual(before);
    await openDataFolder(folder, { fresh: true });
    await openDataFolder(folder, { fresh: false });
  });

  it('is ready although the first start died before it had written its manifest', async () => {
    await openDataFolder(folder, { fresh: false });
    rmSync(join(folder, 'manifest.json'));
    await expect(openDataFolder(folder, { fresh: false })).resolves.toBe(folder);
  });

  it('never empties a folder that is not ours', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.tex'), 'x');
    await expect(openDataFolder(folder, { fresh: true })).rejects.toThrow(CannotStart);
    expect(readdirSync(folder)).toEqual(['thesis.tex']);
  });

  it('belongs to one process at a time where tables are kept in it', async () => {
    await openDataFolder(folder, { fresh: false, exclusive: true });
    await openDataFolder(folder, { fresh: false, exclusive: true });
    const release = lockFolder(join(folder, 'journal'));
    await expect(openDataFolder(folder, { fresh: false, exclusive: true })).rejects.toThrow(/in use by process/);
    await expect(openDataFolder(folder, { fresh: true })).rejects.toThrow(/in use by process/);
    await openDataFolder(folder, { fresh: false });
    release();
    await openDataFolder(folder, { fresh: false, exclusive: true });
  });

  it('refuses a file in its place', async () => {
    writeFileSync(folder, 'x');
    await expect(openDataFolder(folder, { fresh: false })).rejects.toThrow(/is a file/);
  });
});

describe('the secrets of Slack', () => {
  it('are random, made once per folder, and readable by the owner only', async () => {
    await openDataFolder(folder, { fresh: false });
    const first = await slackSecrets(folder, {});
    expect(first.signingSecret).toMatch(/^[0-9a-f]{64}$/);
    expect(await slackSecrets(folder, {})).toEqual(first);
    expect(statSync(join(folder, 'slack-secrets.json')).mode & 0o777).toBe(0o600);
  });

  it.each([
    [
      'garbled',
      (file: string) => writeFileSync(file, '{"botToken": hidden'),
      /slack-secrets\.json does not hold a key as vgac makes it: restore/,
    ],
    ['missing', (file: string) => rmSync(file), /was used before and lacks slack-secrets\.json: restore/],
  ])('are not made anew when they are %s', async (_, damage, message) => {
    await openDataFolder(folder, { fresh: false });
    await slackSecrets(folder, {});
    damage(join(folder, 'slack-secrets.json'));
    const refused = openDataFolder(folder, { fresh: false }).then(() => slackSecrets(folder, {}));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(/hidden/);
  });

  it('are those of the environment where it has them', async () => {
    await openDataFolder(folder, { fresh: false });
    const { botToken } = await slackSecrets(folder, {});
    expect(await slackSecrets(folder, { signingSecret: 'given', botToken: '' })).toEqual({
      botToken,
      signingSecret: 'given',
    });
  });
});

describe('the secrets that a configuration names', () => {
  it('are those of secrets.json in the data folder, if there is one', async () => {
    await openDataFolder(folder, { fresh: false });
    expect(await namedSecrets(folder)).toEqual({});
    writeFileSync(join(folder, 'secrets.json'), '{"vgac-agentic/local/vgac/gpu-a":"key"}');
    expect(await namedSecrets(folder)).toEqual({ 'vgac-agentic/local/vgac/gpu-a': 'key' });
  });

  it('stop the start when they cannot be read, and are not repeated', async () => {
    await openDataFolder(folder, { fresh: false });
    writeFileSync(join(folder, 'secrets.json'), '{"name": hidden}');
    const refused = namedSecrets(folder);
    await expect(refused).rejects.toThrow(/secrets\.json cannot be read: write a JSON object/);
    await expect(refused).rejects.not.toThrow(/hidden/);
  });
});
