import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../infra/demo/simulator/random.ts';
import { WAY_OUT } from '../../../../infra/runtime/data-folder.ts';
import type { Disk } from '../../../../infra/runtime/journal/disk.ts';
import { encodeFrame } from '../../../../infra/runtime/journal/frames.ts';
import { createHead } from '../../../../infra/runtime/journal/head.ts';
import { openJournal } from '../../../../infra/runtime/journal/journal.ts';
import { JournalDamaged, verifyJournal } from '../../../../infra/runtime/journal/log.ts';
import { type MemoryDisk, memoryDisk } from './memory-disk.ts';

const LIMITS = { segmentBytes: 600, limitBytes: 100_000 };
const copyOf = (disk: MemoryDisk) =>
  memoryDisk(new Map([...disk.files].map(([name, file]) => [name, Buffer.from(file)])));
const segmentsOf = (disk: MemoryDisk) => disk.list().filter((name) => name.endsWith('.log'));

async function open(disk: Disk, limits: object = LIMITS) {
  const reports: string[] = [];
  const journal = await openJournal({ disk, report: (message) => reports.push(message), later: () => {}, ...limits });
  return { journal, reports };
}
type Opened = Awaited<ReturnType<typeof open>>['journal'];
const contentOf = (journal: Opened) => journal.keys('').map(({ key }) => [key, journal.lines(key)]);

/** A log of several segments, all of it acknowledged. */
async function usedDisk() {
  const disk = memoryDisk();
  const { journal } = await open(disk);
  for (let n = 0; n < 40; n++) {
    journal.append(`e${n % 7}`, JSON.stringify({ n, text: 'x'.repeat(40) }));
    if (n % 5 === 4) journal.archive(`e${n % 7}`, JSON.stringify({ n }));
    await journal.durable();
  }
  const content = contentOf(journal);
  await journal.close();
  expect(segmentsOf(disk).length).toBeGreaterThan(4);
  return { disk, content };
}

/** What opening a damaged log comes to: its content, or the sentence that refuses it. */
async function outcomeOf(disk: MemoryDisk): Promise<unknown> {
  try {
    const { journal } = await open(disk);
    return contentOf(journal);
  } catch (error) {
    if (error instanceof JournalDamaged) return error.message;
    throw error;
  }
}

const REFUSED = `Nothing in it was changed: ${WAY_OUT}.`;

describe('a journal that was damaged', () => {
  it('is whole or refused, wherever a bit flips', async () => {
    const { disk, content } = await usedDisk();
    const random = seededRandom(23);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const hurt = copyOf(disk);
      const names = hurt.list();
      const name = names[Math.floor(random() * names.length)] ?? '';
      const file = hurt.read(name);
      const at = Math.floor(random() * file.length);
      file.writeUInt8(file.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
      const before = copyOf(hurt);
      const outcome = await outcomeOf(hurt);
      if (typeof outcome === 'string') {
        refused += 1;
        expect(outcome).toContain(REFUSED);
        expect(hurt.files).toEqual(before.files);
      } else expect(outcome, `bit of byte ${at} in ${name}`).toEqual(content);
    }
    expect(refused).toBeGreaterThan(300);
  });

  it('is refused wherever its end is gone, be it a byte or all segments', async () => {
    const { disk } = await usedDisk();
    const all = disk.written.at(-1) ?? 0;
    for (let bytes = all - 1; bytes >= 0; bytes -= 37) {
      const hurt = disk.upTo(bytes);
      hurt.files.set('head', disk.read('head'));
      expect(await outcomeOf(hurt)).toMatch(/frames \d+ to \d+, which were acknowledged, are missing from its end/);
    }
  });

  it('names the segment that is missing, exchanged, shortened or older than the rest', async () => {
    const { disk } = await usedDisk();
    const damage = async (hurt: (disk: MemoryDisk) => void) => {
      const copy = copyOf(disk);
      hurt(copy);
      return outcomeOf(copy);
    };
    const [first = '', second = '', third = ''] = segmentsOf(disk);
    expect(await damage((copy) => copy.remove(first))).toContain(`${first} is missing`);
    expect(await damage((copy) => copy.remove(second))).toContain(`${second} is missing`);
    expect(await damage((copy) => copy.remove('head'))).toContain('its file head is missing');
    expect(await damage((copy) => copy.files.set('head', Buffer.alloc(62)))).toContain('its file head cannot be read');
    expect(
      await damage((copy) => {
        copy.files.set(second, disk.read(third));
        copy.files.set(third, disk.read(second));
      }),
    ).toContain(`${second} is segment 3 under another name`);
    expect(await damage((copy) => copy.truncate(second, disk.read(second).length - 10))).toContain(
      `${second} ends at byte ${disk.read(second).length - 10}, in the middle of frame`,
    );
    const foreign = (await usedDisk()).disk;
    expect(await damage((copy) => copy.files.set(first, foreign.read(first).subarray(0, 73)))).toMatch(
      new RegExp(
        `^The journal in memory is damaged: ${first} ends with frame 1, and ${second} goes on after frame \\d+`,
      ),
    );
  });

  it('is refused where a line is of another version, with both numbers', async () => {
    const disk = memoryDisk();
    const { journal } = await open(disk);
    await journal.close();
    const { bytes, sum } = encodeFrame(2, ['2+e1 {}']);
    disk.files.set('00000001.log', Buffer.concat([disk.read('00000001.log'), bytes]));
    createHead(disk, { number: 2, sum });
    expect(await outcomeOf(disk)).toContain(
      'has a line of version 2 in the frame at byte 73, and this program reads version 1',
    );
  });

  it('is reported by a check, which changes nothing', async () => {
    const { disk } = await usedDisk();
    expect(verifyJournal(disk)).toMatchObject({ problems: [], segments: segmentsOf(disk).length });
    disk.remove('00000002.log');
    const before = copyOf(disk);
    expect(verifyJournal(disk).problems).toEqual([expect.stringContaining('00000002.log is missing')]);
    expect(disk.files).toEqual(before.files);
  });
});

class Killed extends Error {}

/** The disk of a process that is killed in the middle of its nth change. */
function dyingDisk(disk: MemoryDisk, changes: number): Disk & { dead(): boolean } {
  let left = changes;
  const step = <T>(work: () => T, half: () => void = () => {}): T => {
    left -= 1;
    if (left < 0) {
      if (left === -1) half();
      throw new Killed();
    }
    return work();
  };
  return {
    ...disk,
    dead: () => left < 0,
    create: (name) => step(() => disk.create(name)),
    keep: (name, bytes) =>
      step(
        () => disk.keep(name, bytes),
        () => disk.keep(name, bytes.subarray(0, bytes.length >> 1)),
      ),
    overwrite: (name, bytes, offset) => step(() => disk.overwrite(name, bytes, offset)),
    truncate: (name, length) => step(() => disk.truncate(name, length)),
    remove: (name) => step(() => disk.remove(name)),
  };
}

describe('a start that is itself killed', () => {
  it('leaves nothing that the next start does not see, at whichever step', async () => {
    const { disk } = await usedDisk();
    // A crash in the middle of a frame, in the segment and at its very beginning.
    const ends = [disk.written.at(-1) ?? 0, ...disk.written.filter((_, index) => index > 20).slice(0, 12)];
    for (const end of ends) {
      const torn = disk.upTo(end - 9);
      const content = await outcomeOf(copyOf(torn));
      expect(typeof content).toBe('object');
      for (let steps = 0; ; steps++) {
        const copy = copyOf(torn);
        const dying = dyingDisk(copy, steps);
        const started = await open(dying).catch((error: unknown) => error);
        if (started instanceof Error) expect(started).toBeInstanceOf(Killed);
        const { journal } = await open(copy);
        expect(contentOf(journal)).toEqual(content);
        const cut = torn.read(segmentsOf(torn).at(-1) ?? '');
        const pieces = copy.list().filter((name) => name.endsWith('.cut'));
        expect(pieces.some((name) => cut.subarray(-copy.read(name).length).equals(copy.read(name)))).toBe(true);
        await journal.close();
        if (!dying.dead()) break;
      }
    }
  });

  it('keeps every piece that is cut at the same place under a name of its own', async () => {
    const disk = memoryDisk();
    await (await open(disk)).journal.close();
    const whole = disk.read('00000001.log');
    for (const piece of ['@0000 first', '@0000 second']) {
      disk.files.set('00000001.log', Buffer.concat([whole, Buffer.from(piece)]));
      const { journal, reports } = await open(disk);
      expect(reports).toEqual([
        expect.stringContaining(`${piece.length} bytes of a frame that was never acknowledged`),
      ]);
      await journal.close();
    }
    const kept = disk.list().filter((name) => name.endsWith('.cut'));
    expect(kept.map((name) => disk.read(name).toString())).toEqual(['@0000 first', '@0000 second']);
  });
});

/** Keeps what a kill after each change would leave. */
function filmed(disk: MemoryDisk): { disk: Disk; frames: MemoryDisk[] } {
  const frames: MemoryDisk[] = [];
  const after = <T>(result: T): T => {
    frames.push(copyOf(disk));
    return result;
  };
  return {
    frames,
    disk: {
      ...disk,
      async create(name) {
        const segment = after(await disk.create(name));
        return { ...segment, write: async (bytes, offset) => after(await segment.write(bytes, offset)) };
      },
      keep: (name, bytes) => after(disk.keep(name, bytes)),
      overwrite: (name, bytes, offset) => after(disk.overwrite(name, bytes, offset)),
      remove: (name) => after(disk.remove(name)),
    },
  };
}

describe('the size of a journal', () => {
  it('shrinks in steps of which each may be the last: nothing that lives is lost', async () => {
    const { disk, frames } = filmed(memoryDisk());
    const { journal } = await open(disk, { segmentBytes: 400, limitBytes: 2000 });
    journal.append('live', '"one"');
    await journal.durable();
    const begun = frames.length;
    for (let n = 0; n < 60; n++) {
      journal.append(`e${n}`, JSON.stringify('x'.repeat(100)));
      journal.archive(`e${n}`, '{}');
      await journal.durable();
    }
    expect(disk.list()).not.toContain('00000002.log');
    for (const frame of frames.slice(begun)) expect((await open(frame)).journal.lines('live')).toEqual(['"one"']);
  });

  it('comes back under its limit, however often it is started', async () => {
    const disk = memoryDisk();
    const limitBytes = 64 * 1024;
    const lived = ['"begun long ago"'];
    for (let start = 0; start < 200; start++) {
      const { journal } = await open(disk, { limitBytes });
      if (start === 0) journal.append('live', lived[0] ?? '');
      for (let n = 0; n < 20; n++) {
        journal.append(`e${start}-${n}`, JSON.stringify('x'.repeat(400)));
        journal.archive(`e${start}-${n}`, '{}');
      }
      await journal.durable();
      await journal.close();
      const bytes = [...disk.files.values()].reduce((sum, file) => sum + file.length, 0);
      expect(bytes).toBeLessThan(limitBytes + 2 * 10_000);
    }
    expect((await open(disk, { limitBytes })).journal.lines('live')).toEqual(lived);
  });

  it('comes back once what lived in it has gone', async () => {
    const disk = memoryDisk();
    const limitBytes = 16 * 1024;
    const { journal } = await open(disk, { limitBytes });
    for (let n = 0; n < 100; n++) {
      journal.put(`q${n}`, JSON.stringify('x'.repeat(1000)));
      await journal.durable();
    }
    for (let n = 0; n < 100; n++) journal.remove(`q${n}`);
    for (let n = 0; n < 10; n++) {
      journal.put('q', JSON.stringify('x'.repeat(1000)));
      await journal.durable();
    }
    await journal.close();
    const bytes = [...disk.files.values()].reduce((sum, file) => sum + file.length, 0);
    expect(bytes).toBeLessThan(limitBytes + 4000);
  });
});
