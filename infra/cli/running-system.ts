import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const FILE = 'running.json';

/** Where the system of a data folder can be reached while it runs. */
const RunningSystem = z.object({ pid: z.number().int().positive(), endpoint: z.url(), console: z.url() });
export type RunningSystem = z.infer<typeof RunningSystem>;

/** Writes into the data folder where its system can be reached. @returns what takes that back when the system ends */
export function announce(folder: string, addresses: Omit<RunningSystem, 'pid'>): () => void {
  const file = join(folder, FILE);
  writeFileSync(file, `${JSON.stringify({ pid: process.pid, ...addresses })}\n`, { mode: 0o600 });
  return () => {
    // Two simulated runs may share a folder; the later one has taken the place of the earlier.
    if (read(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** The system that runs on a data folder now; null where none does. One that was killed leaves its file behind. */
export function runningSystem(folder: string): RunningSystem | null {
  const system = read(join(folder, FILE));
  return system !== null && isAlive(system.pid) ? system : null;
}

function read(file: string): RunningSystem | null {
  try {
    return RunningSystem.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It belongs to somebody else, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
