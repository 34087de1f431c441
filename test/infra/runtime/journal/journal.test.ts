import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderDisk } from '../../../../infra/runtime/journal/disk.ts';
import { type JournalOptions, openJournal } from '../../../../infra/runtime/journal/journal.ts';
import { FolderInUse, lockFolder } from '../../../../infra/runtime/journal/lock.ts';
import { type MemoryDisk, memoryDisk } from './memory-disk.ts';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function journalOn(disk: MemoryDisk, options: Partial<JournalOptions> = {}) {
  const reports: string[] = [];
  const retries: (() => void)[] = [];
  const journal = await openJournal({
    ...{ disk, report: (message) => reports.push(message), later: (retry) => retries.push(retry) },
    ...options,
  });
  return { journal, reports, retry: () => retries.shift()?.() };
}
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a journal', () => {
  it('gives back what was appended, put, removed and archived', async () => {
    const disk = memoryDisk();
    const { journal } = await journalOn(disk);
    journal.append('e1', '{"a":"x y"}');
    journal.append('e1', '"ü\\n"');
    journal.put('q1', '1');
    journal.put('q1', '2');
    journal.put('q2', '3');
    await journal.durable();
    journal.remove('q2');
    journal.append('e2', '"first"');
    journal.append('e2', '"second"');
    await journal.durable();
    journal.archive('e2', '"summary"');
    await journal.close();

    const { journal: again, reports } = await journalOn(memoryDisk(new Map(disk.files)));
    expect(reports).toEqual([]);
    expect(again.lines('e1')).toEqual(['{"a":"x y"}', '"ü\\n"']);
    expect(again.lines('q1')).toEqual(['2']);
    expect(again.keys('q')).toEqual([{ key: 'q1', summary: undefined }]);
    expect(again.keys('e2')).toEqual([{ key: 'e2', summary: '"summary"' }]);
    expect(again.lines('e2')).toEqual(['"first"', '"second"']);
  });

  it('reads back an archived key from all segments it is in, and nothing that the key held before', async () => {
    const disk = memoryDisk();
    const { journal } = await journalOn(disk, { segmentBytes: 100 });
    journal.append('e1', '"of another time"');
    journal.remove('e1');
    const lines = Array.from({ length: 30 }, (_, n) => `"line ${n}"`);
    for (const line of lines) {
      journal.append('e1', line);
      journal.append('e11', '"of another key"');
      await journal.durable();
    }
    journal.archive('e1', '"summary"');
    await journal.durable();
    expect(disk.list().length).toBeGreaterThan(5);
    expect(journal.lines('e1')).toEqual(lines);
    await journal.close();
    expect((await journalOn(memoryDisk(new Map(disk.files)))).journal.lines('e1')).toEqual(lines);
  });

  it('writes all lines of a turn as one frame, there or not there as a whole', async () => {
    const disk = memoryDisk();
    const { journal } = await journalOn(disk);
    for (let line = 0; line < 10; line++) journal.append('e1', String(line));
    await journal.durable();
    const [begun = 0, whole = 0, ...more] = disk.written;
    expect(more).toEqual([]);
    const torn = await journalOn(disk.upTo(whole - 1));
    expect(torn.journal.lines('e1')).toEqual([]);
    expect(torn.reports).toEqual([expect.stringContaining(`ends at byte ${begun} with ${whole - 1 - begun} bytes`)]);
  });

  it('waits out a full disk: says so once, accepts nothing new, loses nothing', async () => {
    const disk = memoryDisk();
    const { journal, reports, retry } = await journalOn(disk);
    journal.append('e1', 'before');
    await journal.durable();
    disk.free = 10;
    journal.append('e1', 'while full');
    let durable = false;
    void journal.durable().then(() => {
      durable = true;
    });
    await turn();
    journal.append('e1', 'later');
    retry();
    await turn();
    expect([durable, journal.accepts()]).toEqual([false, false]);
    expect(reports).toEqual([expect.stringMatching(/cannot be written \(ENOSPC.*nothing new is accepted/)]);
    // Whoever finds the log now finds what was durable, and a torn tail.
    expect((await journalOn(disk.upTo(Infinity))).journal.lines('e1')).toEqual(['before']);

    disk.free = Infinity;
    retry();
    await journal.durable();
    expect([durable, journal.accepts()]).toEqual([true, true]);
    expect(reports[1]).toContain('can be written again');
    expect((await journalOn(disk.upTo(Infinity))).journal.lines('e1')).toEqual(['before', 'while full', 'later']);
  });

  it('closes where the disk is found full only then: what nobody was promised waits for nothing', async () => {
    const disk = memoryDisk();
    const { journal } = await journalOn(disk);
    disk.free = 0;
    journal.append('e1', 'while full');
    const promised = journal.promised();
    await journal.close();
    expect(await promised).toBe(false);
  });

  it('takes nothing once it is closed, and calls that no full disk', async () => {
    const disk = folderDisk(join(folder, 'closed'));
    const reports: string[] = [];
    const closed = await openJournal({ disk, report: (message) => reports.push(message), later: () => {} });
    await closed.close();
    closed.append('e1', 'too late');
    expect([closed.accepts(), await closed.promised()]).toEqual([false, false]);
    await turn();
    expect(reports).toEqual([]);
  });

  it('stays within its limit: drops old segments, keeps what lives, forgets what is archived', async () => {
    const disk = memoryDisk();
    const { journal } = await journalOn(disk, { segmentBytes: 1000, limitBytes: 5000 });
    const forgotten: string[] = [];
    journal.onForget((key) => forgotten.push(key));
    journal.append('live', '"one"');
    for (let n = 0; n < 400; n++) {
      journal.append(`e${n}`, `"${'x'.repeat(50)}"`);
      journal.archive(`e${n}`, `"${n}"`);
      if (n === 200) journal.append('live', '"two"');
      await journal.durable();
      await turn();
    }
    const bytes = [...disk.files.values()].reduce((sum, file) => sum + file.length, 0);
    expect(bytes).toBeLessThan(8000);
    expect(journal.lines('live')).toEqual(['"one"', '"two"']);
    expect(forgotten[0]).toBe('e0');
    expect(journal.lines('e399')).toHaveLength(1);

    const { journal: again } = await journalOn(memoryDisk(new Map(disk.files)));
    expect(again.lines('live')).toEqual(['"one"', '"two"']);
    expect(again.keys('e')).toEqual(journal.keys('e'));
    expect(again.keys('e').length + forgotten.length).toBe(400);
  });

  const small = join(folder, 'small');
  const mounted =
    spawnSync('mkdir', ['-p', small]).status === 0 &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]).status === 0;
  afterAll(() => void (mounted && spawnSync('umount', [small])));
  it.runIf(mounted)('waits out a file system that is really full (skipped where none may be mounted)', async () => {
    const reports: string[] = [];
    const full = Promise.withResolvers<() => void>();
    writeFileSync(join(small, 'filler'), Buffer.alloc(128 * 1024));
    const report = (message: string) => void reports.push(message);
    const journal = await openJournal({ disk: folderDisk(join(small, 'journal')), report, later: full.resolve });
    for (let n = 0; journal.accepts(); n++) {
      journal.append('e1', `"${n}${'x'.repeat(1000)}"`);
      await Promise.race([journal.durable(), full.promise]);
    }
    expect(reports).toEqual([expect.stringContaining('ENOSPC')]);
    rmSync(join(small, 'filler'));
    (await full.promise)();
    await journal.durable();
    const lines = [...journal.lines('e1')];
    await journal.close();
    const again = await openJournal({ disk: folderDisk(join(small, 'journal')), report });
    expect(again.lines('e1')).toEqual(lines);
    await again.close();
  });

  it('is a folder of files that only their owner reads', async () => {
    const disk = folderDisk(join(folder, 'real'));
    const journal = await openJournal({ disk, report: () => {} });
    journal.put('q1', '"hello"');
    await journal.close();
    expect(readFileSync(join(folder, 'real', '00000001.log'), 'utf8')).toMatch(
      /^@000000000001 .*\n1# .*\n@000000000002 0000000013 [0-9a-f]{8} [0-9a-f]{8}\n1=q1 "hello"\n$/,
    );
    for (const name of readdirSync(join(folder, 'real'))) {
      expect(statSync(join(folder, 'real', name)).mode & 0o777).toBe(0o600);
    }
    const again = await openJournal({ disk, report: () => {} });
    expect(again.lines('q1')).toEqual(['"hello"']);
    await again.close();
  });
});

describe('the lock of a folder', () => {
  const lock = join(import.meta.dirname, '../../../../infra/runtime/journal/lock.ts');
  const place = join(folder, 'locked');
  const inAnotherProcess = (then: string) =>
    spawnSync(
      process.execPath,
      [
        '-e',
        `import(${JSON.stringify(lock)}).then(({ lockFolder }) => { lockFolder(${JSON.stringify(place)}); ${then} })`,
      ],
      { encoding: 'utf8' },
    );

  it('refuses another process and names the one that has it', () => {
    const release = lockFolder(place);
    expect(inAnotherProcess('').stderr).toContain(`${place} is in use by process ${process.pid}: stop it`);
    expect(() => lockFolder(place)).toThrow(FolderInUse);
    release();
    lockFolder(place)();
  });

  it('goes with its owner, even one that is killed', () => {
    expect(inAnotherProcess("process.kill(process.pid, 'SIGKILL')").signal).toBe('SIGKILL');
    lockFolder(place)();
  });
});
