import { join } from 'node:path';
import * as z from 'zod';
import { historyOf } from '../../../infra/embedded/engine/restore.ts';
import { folderDisk } from '../../../infra/embedded/journal/disk.ts';
import { readJournal } from '../../../infra/embedded/journal/journal.ts';
import { openDynamo } from '../../../infra/embedded/services/dynamo.ts';
import { TABLE_NAME } from '../../../infra/names.ts';
import type { World } from './world.ts';

const Text = z.object({ S: z.string() });
const Row = z.looseObject({
  PK: Text,
  SK: Text,
  decision: z.object({ M: z.looseObject({ decisionId: Text.optional(), decision_id: Text.optional() }) }).optional(),
});
const Page = z.object({ Items: z.array(Row), LastEvaluatedKey: z.record(z.string(), z.unknown()).optional() });
const Submitted = z.object({ detail: z.object({ jobId: z.string() }) });

const Line = z.object({ type: z.string().optional(), name: z.string().optional(), path: z.string() });

/** What a killed system has left behind, read from its files. */
export interface Evidence {
  /** Lines of every execution, by key. */
  readonly executions: ReadonlyMap<string, readonly string[]>;
  /** Jobs that an execution of job-workflow has, or a pending delivery will start one for, each with their number. */
  readonly jobs: ReadonlyMap<string, number>;
  /** Decisions on record, each with its job. */
  readonly decisions: ReadonlyMap<string, string>;
}

export async function gather(dataDir: string): Promise<Evidence> {
  const kept = readJournal(folderDisk(join(dataDir, 'journal')));
  const executions = new Map([...kept].filter(([key]) => key.startsWith('e')));
  const jobs = new Map<string, number>();
  for (const lines of executions.values()) {
    const job = Submitted.safeParse(historyOf(lines.slice(0, 1))[0]?.input).data?.detail.jobId;
    if (job !== undefined) jobs.set(job, (jobs.get(job) ?? 0) + 1);
  }
  const decisions = new Map<string, string>();
  const dynamo = openDynamo(join(dataDir, 'tables'));
  try {
    for (let from: Record<string, unknown> | undefined, more = true; more; more = from !== undefined) {
      const page = Page.parse(
        await dynamo.run('Scan', { TableName: TABLE_NAME, ...(from && { ExclusiveStartKey: from }) }),
      );
      for (const { SK, decision } of page.Items) {
        const id = decision?.M.decisionId?.S ?? decision?.M.decision_id?.S;
        if (id !== undefined) decisions.set(id, SK.S.replace('JOB#', ''));
      }
      from = page.LastEvaluatedKey;
    }
  } finally {
    await dynamo.close();
  }
  return { executions, jobs, decisions };
}

/** Every way in which what is left contradicts what was promised; numbers are those of DESIGN.md section 9. */
export function faults(before: Evidence, now: Evidence, world: World, acknowledged: Iterable<string>): string[] {
  const found: string[] = [];
  for (const { decisionId, jobId } of world.effects.values()) {
    if (now.decisions.get(decisionId) !== jobId) found.push(`1: effect ${decisionId} on ${jobId} has no record`);
  }
  for (const decisionId of world.repeated) found.push(`2: effect ${decisionId} was asked for twice`);
  const byJob = [...world.effects.values()].map(({ jobId }) => jobId);
  if (new Set(byJob).size !== byJob.length) found.push('2: a job has two effects');
  for (const jobId of acknowledged) if (!now.jobs.has(jobId)) found.push(`3: ${jobId} was accepted and is lost`);
  for (const [key, lines] of before.executions) {
    const after = now.executions.get(key) ?? [];
    const kept = lines.every((line, index) => after[index] === line);
    if (!kept) found.push(`history of ${key} was rewritten`);
  }
  for (const [key, lines] of now.executions) {
    const events = historyOf(lines);
    if (events.some(({ id }, index) => id !== index + 1)) found.push(`history of ${key} has gaps`);
    // A state of a Map is completed once in each iteration: its path says which.
    const done = lines
      .map((line) => Line.parse(JSON.parse(line)))
      .filter(({ type }) => type === 'TaskStateExited')
      .map(({ path, name }) => `${path} ${name}`);
    if (new Set(done).size !== done.length) found.push(`${key} completed a state twice`);
  }
  return found;
}
