import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import * as sfn from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { simulatedClock } from '../../../infra/runtime/clock/clock.ts';
import { openManifest } from '../../../infra/runtime/data-folder.ts';
import { type System, type SystemOptions, startSystem } from '../../../infra/runtime/system.ts';
import { manualClock } from '../../fixtures/manual-clock.ts';
import { smallDisk } from '../../fixtures/small-disk.ts';
import { temporaryFolder } from './assembly-fixture.ts';
import { clients } from './clients.ts';
import { type MemoryDisk, memoryDisk } from './journal/memory-disk.ts';
import { systemAssembly } from './system-fixture.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const ASKING = 'arn:aws:states:us-east-1:000000000000:stateMachine:asking';
const assemblyDir = systemAssembly();
const running: System[] = [];
afterEach(async () => {
  for (const system of running.splice(0)) await system.close();
});

/** One start of the system, with what an operator is told. */
async function start(disk: MemoryDisk, at: number, dataDir = temporaryFolder(), more: Partial<SystemOptions> = {}) {
  const said: string[] = [];
  const clock = manualClock(at);
  const log = (message: string) => void said.push(message);
  const system = await startSystem({
    ...{ assemblyDir, dataDir, disk, port: 0, clock, wall: clock, log, maxThreads: 1 },
    ...more,
  });
  running.push(system);
  return { system, clock, said, dataDir };
}
/** As a kill -9 leaves the log. */
const copy = (disk: MemoryDisk) => memoryDisk(new Map(disk.files));
/** A data folder that knows the tokens of another one; its tables are its own. */
const heir = (dataDir: string) => {
  const later = temporaryFolder();
  openManifest(later);
  cpSync(join(dataDir, 'token-key'), join(later, 'token-key'));
  return later;
};
const refused = { EventBusName: 'jobs', Source: 'collectors', DetailType: 'Refused', Detail: '{}' };

describe('a system whose disk is full', () => {
  it('refuses whatever would change something in a way that clients come back from, and takes it when there is space', async () => {
    const disk = memoryDisk();
    const { system, clock, said, dataDir } = await start(disk, NOON);
    const aws = clients(system);
    const { executionArn } = await aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: ASKING }));
    await vi.waitFor(() => expect(system.engine.history(executionArn ?? '')?.at(-1)?.type).toBe('TaskSubmitted'));
    await system.settled();
    const taskToken = JSON.parse(system.queues.peek('quarantine')[0]?.body ?? '{}').token;

    disk.free = 0;
    const changes = [
      () => aws.events.send(new PutEventsCommand({ Entries: [refused] })),
      () => aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: ASKING })),
      () => aws.states.send(new sfn.StopExecutionCommand({ executionArn })),
      () => aws.states.send(new sfn.SendTaskSuccessCommand({ taskToken, output: '{}' })),
      () => aws.states.send(new sfn.SendTaskFailureCommand({ taskToken })),
      () => aws.states.send(new sfn.SendTaskHeartbeatCommand({ taskToken })),
    ];
    for (const change of changes) {
      // 503 is what the SDKs of AWS repeat by themselves.
      const error = { name: 'ServiceUnavailable', $metadata: { httpStatusCode: 503 } };
      await expect(change()).rejects.toMatchObject({ ...error, message: expect.stringContaining('disk may be full') });
    }
    expect(() => system.putEvents([refused])).toThrow(/disk may be full/);
    expect((await aws.states.send(new sfn.DescribeExecutionCommand({ executionArn }))).status).toBe('RUNNING');
    expect(said.join()).toMatch(/cannot be written \(ENOSPC.*nothing new is accepted/);

    disk.free = Infinity;
    await clock.advance(1000);
    await vi.waitFor(() => expect(said.join()).toContain('can be written again'));
    expect((await aws.events.send(new PutEventsCommand({ Entries: [refused] }))).FailedEntryCount).toBe(0);
    await aws.states.send(new sfn.SendTaskSuccessCommand({ taskToken, output: '{}' }));
    await vi.waitFor(() => expect(system.engine.describe(executionArn ?? '').status).toBe('SUCCEEDED'));
    aws.destroy();
    await system.settled();

    const later = await start(copy(disk), NOON, heir(dataDir));
    expect(later.system.engine.describe(executionArn ?? '').status).toBe('SUCCEEDED');
  });
});

describe('a system on a simulated clock whose disk is full', () => {
  it('goes on when there is space, though its clock stands still until then', async () => {
    const disk = memoryDisk();
    const wall = manualClock(0);
    const { system, said } = await start(disk, NOON, undefined, { clock: simulatedClock({ start: NOON }), wall });
    disk.free = 0;
    const { executionArn } = system.engine.start({ stateMachineArn: ASKING, input: {} });
    await vi.waitFor(() => expect(said.join()).toContain('ENOSPC'));
    disk.free = Infinity;
    await wall.advance(1000);
    await vi.waitFor(() => expect(system.queues.peek('quarantine')).toHaveLength(1));
    expect(system.engine.history(executionArn)?.[1]?.name).toBe('Ask');
  });
});

describe('a system whose tables take nothing (skipped where no small disk may be mounted)', () => {
  const small = smallDisk(2 ** 22);
  it.runIf(small)(
    'answers whoever waits for a function, and keeps what nobody waits for until there is space',
    async () => {
      const wall = manualClock(0);
      const tablesDir = join(small?.folder ?? '', 'tables');
      const { system, clock, said } = await start(memoryDisk(), NOON, undefined, { wall, tablesDir });
      const text = { S: 'x'.repeat(200_000) };
      const put = (n: number) =>
        system.dynamo.run('PutItem', { TableName: 'rows', Item: { PK: { S: `${n}` }, SK: { S: 'a' }, text } });
      const fill = async () => {
        for (let n = 0; n < 200; n++) await put(n);
      };
      await expect(fill()).rejects.toMatchObject({ type: 'ServiceUnavailable', status: 503 });

      const hook = `${system.url}/web/hook`;
      expect((await fetch(hook, { method: 'POST', body: '{}' })).status).toBe(201);
      system.putEvents([refused]);
      const tried = () => said.filter((line) => line.startsWith('refuse failed'));
      await clock.advance(600_000);
      expect(tried()).toEqual([]);

      small?.grow();
      const advanced = (check: () => void) =>
        vi.waitFor(() => Promise.all([wall.advance(1000), clock.advance(60_000)]).then(check), { timeout: 10_000 });
      await advanced(() => expect(said.join()).toContain('the tables can be written again'));
      await advanced(() => expect(tried()).toHaveLength(1));
    },
  );
});

describe('a system whose disk is slow', () => {
  it.each([
    ['takes no answer to a task', (taskToken: string) => new sfn.SendTaskSuccessCommand({ taskToken, output: '{}' })],
    ['takes no failure of a task', (taskToken: string) => new sfn.SendTaskFailureCommand({ taskToken })],
    ['stops no execution', (_: string, executionArn: string) => new sfn.StopExecutionCommand({ executionArn })],
    ['describes no end', (_: string, executionArn: string) => new sfn.DescribeExecutionCommand({ executionArn })],
    ['lists no end', () => new sfn.ListExecutionsCommand({ stateMachineArn: ASKING })],
    ['shows no event', (_: string, executionArn: string) => new sfn.GetExecutionHistoryCommand({ executionArn })],
  ] as const)('%s that a kill -9 would take back', async (_, command) => {
    const disk = memoryDisk();
    const { system } = await start(disk, NOON);
    const { states, dynamo, destroy } = clients(system);
    const { executionArn } = system.engine.start({ stateMachineArn: ASKING, input: {} });
    await vi.waitFor(() => expect(system.engine.history(executionArn)?.at(-1)?.type).toBe('TaskSubmitted'));
    await system.settled();
    const token = JSON.parse(system.queues.peek('quarantine')[0]?.body ?? '{}').token;
    const asked = command(token, executionArn);

    const free = Promise.withResolvers<void>();
    disk.busy = free.promise;
    const before = system.engine.history(executionArn)?.length ?? 0;
    if (/Describe|List|Get/.test(asked.constructor.name)) system.engine.stop(executionArn);
    let kept: string | undefined;
    const answer = states.send(asked as sfn.StopExecutionCommand).then(() => {
      kept = /"type":"(TaskSucceeded|TaskFailed|ExecutionAborted)"/.exec(String([...disk.files.values()]))?.[1];
    });
    // Others are answered meanwhile.
    for (let i = 0; i < 5; i++) await dynamo.send(new ListTablesCommand({}));
    await vi.waitFor(() => expect(system.engine.history(executionArn)?.length).toBeGreaterThan(before));
    const early = await Promise.race([answer.then(() => true), Promise.resolve(false)]);
    free.resolve();
    await answer;
    expect({ early, kept }).toEqual({ early: false, kept: expect.any(String) });
    destroy();
  });
});

describe('a system whose disk is slow, asked twice', () => {
  it('refuses nothing for a reason that a kill -9 would take back', async () => {
    const disk = memoryDisk();
    const { system } = await start(disk, NOON);
    const { states, dynamo, destroy } = clients(system);
    const free = Promise.withResolvers<void>();
    disk.busy = free.promise;
    const once = { stateMachineArn: ASKING, name: 'once' };
    const startAs = (input: string) => states.send(new sfn.StartExecutionCommand({ ...once, input }));
    const first = startAs('{"a":1}');
    await vi.waitFor(() => expect(system.engine.list()).toHaveLength(1));
    let refused = false;
    const second = startAs('{"a":2}').catch(({ name }: Error) => {
      refused = true;
      return name;
    });
    // Others are answered meanwhile.
    for (let i = 0; i < 5; i++) await dynamo.send(new ListTablesCommand({}));
    const early = refused;
    free.resolve();
    expect({ early, name: await second }).toEqual({ early: false, name: 'ExecutionAlreadyExists' });
    await first;
    destroy();
  });
});

describe('a system that is started again', () => {
  it('tells the operator what was cut off a torn log', async () => {
    const disk = memoryDisk();
    const { system } = await start(disk, NOON);
    system.engine.start({ stateMachineArn: ASKING, input: {} });
    await system.settled();
    const whole = disk.written.at(-1) ?? 0;
    const { said } = await start(disk.upTo(whole - 1), NOON);
    expect(said).toContainEqual(
      expect.stringMatching(
        /^00000001\.log ends at byte 73 with \d+ bytes of a frame .* and kept in 00000001\.log\.73\.1\.cut$/,
      ),
    );
  });

  it('makes up for the ticks of a schedule that it missed with one, late', async () => {
    const disk = memoryDisk();
    const { system, clock } = await start(disk, NOON);
    const ticks = ({ queues }: System) => queues.peek('App-Unread').filter(({ body }) => body === '{"tick":true}');
    await clock.advance(60_000);
    await system.settled();
    expect(ticks(system)).toHaveLength(1);

    const later = await start(copy(disk), NOON + 10 * 60_000);
    await later.clock.advance(0);
    expect(ticks(later.system)).toHaveLength(2);
    await later.clock.advance(60_000);
    expect(ticks(later.system)).toHaveLength(3);
  });

  it('starts what an event was still waiting to start, once, however often it is killed', async () => {
    const jobs = Array.from({ length: 25 }, (_, n) => `job-${n}`);
    const submitted = (jobId: string) => ({
      ...refused,
      DetailType: 'JobSubmitted',
      Detail: JSON.stringify({ jobId }),
    });
    const disk = memoryDisk();
    // No execution may begin: every event that is accepted waits.
    const first = await start(disk, NOON, undefined, { admit: { atWork: 0, waiting: 100 } });
    const aws = clients(first.system);
    for (const [from, to] of [
      [0, 10],
      [10, 20],
      [20, 25],
    ]) {
      const Entries = jobs.slice(from, to).map(submitted);
      expect((await aws.events.send(new PutEventsCommand({ Entries }))).FailedEntryCount).toBe(0);
    }
    aws.destroy();
    expect(first.system.engine.list()).toHaveLength(0);

    // Killed again when some have begun: those go on, the others begin.
    const later = copy(disk);
    const dataDir = temporaryFolder();
    const second = await start(later, NOON, dataDir, { admit: { atWork: 1, waiting: 100 } });
    await second.clock.advance(0);
    await vi.waitFor(() => expect(String([...later.files.values()])).toContain('"type":"ExecutionSucceeded"'));
    const killed = copy(later);
    await second.system.close();
    const third = await start(killed, NOON, dataDir);
    await third.clock.advance(0);
    await vi.waitFor(() => expect(third.system.engine.list({ status: 'RUNNING' })).toHaveLength(0));
    await third.system.settled();
    const told = third.system.engine.list().map(({ input }) => Object(input).detail.jobId);
    expect(told.sort()).toEqual(jobs.toSorted());
  });

  it('goes on with an invocation where it stood: the attempts that failed count', async () => {
    const disk = memoryDisk();
    const first = await start(disk, NOON);
    first.system.putEvents([refused]);
    await vi.waitFor(() => expect(String([...disk.files.values()])).toContain('"failed":1'));
    await first.system.settled();

    const second = await start(copy(disk), NOON + 60_000);
    const failed = (times: number) =>
      expect.stringMatching(`^refuse failed ${times} times with TypeError; its event is in`);
    await second.clock.advance(0);
    await second.system.settled();
    expect(second.said).not.toContainEqual(failed(3));
    await second.clock.advance(120_000);
    await vi.waitFor(() => expect(second.said).toContainEqual(failed(3)));
    expect(second.system.queues.peek('dead')).toHaveLength(1);
  });
});
