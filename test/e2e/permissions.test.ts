import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { manualClock } from '../../infra/embedded/clock/clock.ts';
import { synthesize } from '../../infra/embedded/start/synthesis.ts';
import { type System, startSystem } from '../../infra/embedded/system.ts';

const Statement = z.looseObject({ Action: z.union([z.string(), z.array(z.string())]) });
const Template = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z
        .looseObject({ PolicyDocument: z.looseObject({ Statement: z.array(Statement) }).optional() })
        .optional(),
    }),
  ),
});
const NOW = Date.parse('2026-11-20T08:00:00Z');

let synthesized: string;
const systems: System[] = [];
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-permissions-'));
  ({ directory: synthesized } = await synthesize(folder, {}));
});
afterAll(() => Promise.all(systems.map((system) => system.close())));

/** The synthesized assembly, with one action taken out of the policy of one role. */
function without(role: string, action: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'vgac-assembly-'));
  cpSync(synthesized, directory, { recursive: true });
  let taken = 0;
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.template.json'))) {
    const template = Template.parse(JSON.parse(readFileSync(join(directory, name), 'utf8')));
    for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
      if (Type !== 'AWS::IAM::Policy' || !id.startsWith(role)) continue;
      for (const statement of Properties?.PolicyDocument?.Statement ?? []) {
        const actions = [statement.Action].flat();
        statement.Action = actions.filter((one) => one !== action);
        taken += actions.length - statement.Action.length;
      }
    }
    writeFileSync(join(directory, name), JSON.stringify(template));
  }
  expect(taken).toBeGreaterThan(0);
  return directory;
}

/** First failure of the job-workflow for one submitted job; undefined where none failed. */
async function firstFailure(assemblyDir: string) {
  const system = await startSystem({
    ...{ assemblyDir, dataDir: mkdtempSync(join(tmpdir(), 'vgac-data-')), port: 0, clock: manualClock(NOW) },
    ...{ inMemory: true, log: () => {} },
  });
  systems.push(system);
  const detail = {
    ...{ schemaVersion: 1, clusterId: 'lab', platform: 'kubernetes', jobId: 'job-1' },
    ...{ submittedAt: new Date(NOW).toISOString(), request: { gpus: 1, cpuMillis: 1000, memoryGb: 8 } },
  };
  const entry = { EventBusName: 'vgac', Source: 'vgac.collectors', DetailType: 'JobSubmitted' };
  const { FailedEntryCount } = system.putEvents([{ ...entry, Detail: JSON.stringify(detail) }]);
  expect(FailedEntryCount).toBe(0);
  await system.settled();
  const [execution] = system.engine.list();
  const events = system.engine.history(execution?.executionArn ?? '') ?? [];
  const failed = events.find(({ type }) => type === 'TaskFailed');
  const state = events.findLast(({ type, id }) => type === 'TaskStateEntered' && id < (failed?.id ?? Infinity));
  return { state: state?.name, error: failed?.error, cause: failed?.cause };
}

describe('the system that is deployed, with one permission taken out of its template', () => {
  it.each([
    ['AdmitJob', 'dynamodb:UpdateItem', 'AccessDeniedException'],
    ['JobWorkflowRole', 'lambda:InvokeFunction', 'Lambda.AWSLambdaException'],
  ])('fails where %s needs %s, in the words of AWS', async (role, action, error) => {
    const failure = await firstFailure(without(role, action));
    expect(failure).toMatchObject({ state: 'AdmitJob', error });
    expect(failure.cause).toContain(`:assumed-role/`);
    expect(failure.cause).toContain(`is not authorized to perform: ${action} on resource: arn:aws:`);
    expect(failure.cause).toContain(`because no identity-based policy allows the ${action} action`);
  });
});
