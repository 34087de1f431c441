/**
 * Fails on a file that holds more than one idea can need, and on a room (a folder of the second level with all below it) that has
 * outgrown the house. Part of `npm run check`.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE_LINES = 400;
/** A handler parses, loads, decides and saves: what takes more is a use case. */
const HANDLER_LINES = 40;
/** Of all lines outside tests. */
const ROOM_SHARE = 1 / 5;
/** A machine of its own, as long as it must be to be read with ease. */
const LARGE_ROOMS = ['infra/runtime'];

const SOURCES = '{schemas,functions,infra,statemachines}/**/*.{ts,tsx,js,css}';
const TESTS = 'test/**/*.ts';
const HANDLERS = 'functions/{job-workflow,drift-monitor,recalibration,events,http}/*.ts';

/** What is wrong with the rooms of a tree, in sentences; empty where nothing is. */
export function faultsOfRooms(root: string): string[] {
  const linesOf = (pattern: string) =>
    globSync(pattern, { cwd: root }).map((file) => ({
      file,
      lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1,
    }));
  const sources = linesOf(SOURCES);
  const rooms = new Map<string, number>();
  let total = 0;
  for (const { file, lines } of sources) {
    const room = file.split('/').slice(0, 2).join('/');
    rooms.set(room, (rooms.get(room) ?? 0) + lines);
    total += lines;
  }
  const long = [...sources, ...linesOf(TESTS)].filter(({ lines }) => lines > FILE_LINES);
  const large = [...rooms].filter(([room, lines]) => lines > total * ROOM_SHARE && !LARGE_ROOMS.includes(room));
  const busy = linesOf(HANDLERS).filter(({ lines }) => lines > HANDLER_LINES);
  return [
    ...busy.map(({ file, lines }) => `${file} has ${lines} lines: a handler has at most ${HANDLER_LINES}`),
    ...long.map(({ file, lines }) => `${file} has ${lines} lines: more than ${FILE_LINES} are more than one idea`),
    ...large.map(([room, lines]) => `${room} holds ${lines} of ${total} lines, over a fifth: split it`),
  ];
}

if (import.meta.main) {
  const faults = faultsOfRooms(join(import.meta.dirname, '../..'));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
