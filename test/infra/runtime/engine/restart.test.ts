import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../infra/demo/simulator/random.ts';
import { createEngine } from '../../../../infra/runtime/engine/engine.ts';
import { TaskError } from '../../../../infra/runtime/engine/errors.ts';
import type { TaskCall } from '../../../../infra/runtime/engine/integrations.ts';
import type { JsonValue } from '../../../../infra/runtime/engine/json.ts';
import { openJournal } from '../../../../infra/runtime/journal/journal.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';
import { type MemoryDisk, memoryDisk } from '../journal/memory-disk.ts';
import { callback, MACHINE, START, task } from './machine.ts';

const payload = (Payload: unknown) => ({ Arguments: { FunctionName: 'f', Payload } });
const retry = [{ ErrorEquals: ['Flaky'], IntervalSeconds: 7, MaxAttempts: 3, JitterStrategy: 'FULL' }];
const inner = (name: string, fields: Record<string, unknown> = {}) => ({
  StartAt: name,
  States: {
    [name]: task({ ...payload({ at: name, of: '{% $states.input %}' }), Output: '{% $states.result %}', ...fields }),
  },
});

/** One of everything that can be interrupted. */
const States = {
  First: { Type: 'Pass', Assign: { seen: '{% $states.input.n %}', drawn: '{% $random() %}' }, Next: 'Which' },
  Which: { Type: 'Choice', Choices: [{ Condition: '{% $seen > 0 %}', Next: 'Flaky' }] },
  Flaky: task({
    ...payload({ at: 'Flaky', attempt: '{% $states.context.State.RetryCount %}' }),
    ...{ Retry: retry, Assign: { tried: '{% $states.result.attempt %}' }, Next: 'Each' },
  }),
  Each: {
    ...{ Type: 'Map', Items: [1, 2, 3, 4], MaxConcurrency: 2, ItemProcessor: inner('Item', { Retry: retry }) },
    Next: 'Both',
  },
  Both: {
    Type: 'Parallel',
    Branches: [
      {
        StartAt: 'Rest',
        States: { Rest: { Type: 'Wait', Seconds: 300, Next: 'Woken' }, Woken: { Type: 'Pass', End: true } },
      },
      inner('Beside'),
    ],
    ...{ Assign: { both: '{% $states.result %}' }, Next: 'Ask' },
  },
  Ask: callback({
    TimeoutSeconds: 86_400,
    HeartbeatSeconds: 40_000,
    Next: 'Last',
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Last' }],
  }),
  Last: task({
    ...payload({ at: 'Last', all: ['{% $seen %}', '{% $tried %}', '{% $both %}', '{% $states.input %}'] }),
    Output: '{% $states.result %}',
  }),
};

/** An engine on a disk; what it calls is told, and answers by its arguments alone. */
async function machineOn(disk: MemoryDisk, at: number) {
  const reports: string[] = [];
  const journal = await openJournal({ disk, report: (message) => reports.push(message) });
  const clock = manualClock(at);
  const calls: string[] = [];
  let latest = '';
  let ids = 0;
  const invoke = ({ stateName, arguments: args, taskToken }: TaskCall): JsonValue => {
    calls.push(`${stateName} ${JSON.stringify(args)}`.replace(taskToken ?? '-', '(token)'));
    latest = taskToken ?? latest;
    if (stateName === 'Flaky' && JSON.stringify(args).includes('"attempt":0')) throw new TaskError('Flaky', 'not yet');
    return args !== null && typeof args === 'object' && !Array.isArray(args) ? (args.Payload ?? null) : null;
  };
  const engine = createEngine({
    ...{ clock, journal, random: seededRandom(7), newId: () => `id-${++ids}`, tokenKey: Buffer.from('key') },
    integrations: { supports: () => true, invoke: async (call) => invoke(call) },
  });
  engine.register({ arn: MACHINE, name: 'm', definition: { QueryLanguage: 'JSONata', StartAt: 'First', States } });
  engine.resume();
  /** Until nothing more happens at this instant. */
  const settle = async () => {
    for (let quiet = 0, before = -1; quiet < 3; before = disk.written.length) {
      await clock.advance(0);
      quiet = before === disk.written.length ? quiet + 1 : 0;
    }
  };
  return {
    ...{ engine, clock, calls, journal, reports, settle, token: () => latest },
    async advance(ms: number) {
      await clock.advance(ms);
      await settle();
    },
  };
}
type Machine = Awaited<ReturnType<typeof machineOn>>;

/** Plays the people and the time: to the end, whatever point it starts from. */
async function playOut(machine: Machine, arn: string) {
  await machine.settle();
  for (let step = 0; step < 60 && machine.engine.describe(arn).status === 'RUNNING'; step++) {
    const asked = machine.engine.history(arn)?.findLast(({ type }) => type.endsWith('StateEntered'))?.name === 'Ask';
    if (asked) machine.engine.sendTaskSuccess('id-1.'.concat(tokenSignature), 'yes');
    await machine.advance(10_000);
  }
  return machine.engine.describe(arn);
}
let tokenSignature = '';

async function wholeRun() {
  const disk = memoryDisk();
  const machine = await machineOn(disk, START);
  const { executionArn } = machine.engine.start({ stateMachineArn: MACHINE, input: { n: 5 }, name: 'one' });
  await machine.settle();
  for (let step = 0; step < 40; step++) await machine.advance(10_000);
  tokenSignature = machine.token().slice('id-1.'.length);
  const { output, status } = await playOut(machine, executionArn);
  expect(status).toBe('SUCCEEDED');
  return { disk, executionArn, output, calls: machine.calls };
}

/** Calls whose success the history tells. */
function completed(machine: Machine, arn: string): number {
  return (machine.engine.history(arn) ?? []).filter(({ type }) => type === 'TaskSucceeded').length;
}

describe('an execution that is killed', () => {
  it('comes to the same end from every frame of its journal, and never repeats what was completed', async () => {
    const { disk, executionArn, output, calls } = await wholeRun();
    expect(disk.written.length).toBeGreaterThan(9);
    for (const bytes of disk.written.slice(1)) {
      const machine = await machineOn(disk.upTo(bytes), START + 1_000_000);
      const done = completed(machine, executionArn);
      expect(await playOut(machine, executionArn)).toMatchObject({ status: 'SUCCEEDED', output });
      // Every success is one call, made before or after the crash; only what was in flight may be made again.
      expect(machine.calls.length).toBeLessThanOrEqual(calls.length - done + 1);
      expect(new Set(machine.calls).size).toBe(machine.calls.length);
      const events = machine.engine.history(executionArn) ?? [];
      expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
      expect(events.filter(({ type }) => type === 'TaskSucceeded')).toHaveLength(8);
    }
  });

  it('comes to the same end from a log that is torn at any byte, which is cut and reported', async () => {
    const { disk, executionArn, output } = await wholeRun();
    const random = seededRandom(11);
    const [begun = 0] = disk.written.slice(1);
    const all = disk.written.at(-1) ?? 0;
    for (let round = 0; round < 40; round++) {
      const bytes = begun + Math.floor(random() * (all - begun));
      const machine = await machineOn(disk.upTo(bytes), START + 1_000_000);
      const whole = disk.written.includes(bytes);
      expect(machine.reports).toEqual(
        whole ? [] : [expect.stringMatching(/ends at byte \d+ with \d+ bytes of a frame that was never acknowledged/)],
      );
      expect(await playOut(machine, executionArn)).toMatchObject({ status: 'SUCCEEDED', output });
    }
  });

  it('keeps its retries, its sleep and its deadlines', async () => {
    const disk = memoryDisk();
    const first = await machineOn(disk, START);
    const { executionArn } = first.engine.start({ stateMachineArn: MACHINE, input: { n: 1 }, name: 'one' });
    await first.settle();
    expect(first.calls).toEqual(['Flaky {"FunctionName":"f","Payload":{"at":"Flaky","attempt":0}}']);

    const second = await machineOn(memoryDisk(new Map(disk.files)), START + 100);
    await second.settle();
    expect(second.calls).toEqual([]);
    await second.advance(7_000);
    expect(second.calls[0]).toBe('Flaky {"FunctionName":"f","Payload":{"at":"Flaky","attempt":1}}');
    expect(second.engine.describe(executionArn).status).toBe('RUNNING');
  });

  it('still takes the answer to its token, is not asked again, and times out late rather than never', async () => {
    const { disk, executionArn } = await wholeRun();
    const history = (await machineOn(disk.upTo(Infinity), START)).engine.history(executionArn) ?? [];
    const submitted = history.findIndex(({ type }) => type === 'TaskSubmitted');
    for (const bytes of disk.written) {
      const machine = await machineOn(disk.upTo(bytes), START + 200_000_000);
      const known = bytes === 0 ? [] : safeHistory(machine, executionArn);
      if (known.length !== submitted + 1) continue;
      await machine.settle();
      expect(machine.calls.filter((call) => call.startsWith('Ask'))).toEqual([]);
      expect(machine.engine.history(executionArn)?.map(({ type }) => type)).toContain('TaskTimedOut');
      return;
    }
    expect.unreachable('no frame ends with TaskSubmitted');
  });

  it('is told nothing by a branch that was stopped in the middle of an expression', async () => {
    const branch = (name: string, state: object) => ({ StartAt: name, States: { [name]: state } });
    const wait = (Seconds: unknown) => ({ Type: 'Wait', Seconds, End: true });
    const definition = {
      ...{ QueryLanguage: 'JSONata', StartAt: 'Fails' },
      States: {
        Fails: {
          ...{ Type: 'Parallel', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Waits' }], End: true },
          // It is still counting when the other has failed and the next fork waits.
          Branches: [
            branch('No', { Type: 'Fail' }),
            branch('Long', wait('{% $sum($map([1..20], function($n) { 9 })) %}')),
          ],
        },
        Waits: { Type: 'Parallel', Branches: [branch('A', wait(1)), branch('B', wait(9))], End: true },
      },
    };
    const disk = memoryDisk();
    const first = await callsNothing(disk, definition);
    const { executionArn } = first.engine.start({ stateMachineArn: MACHINE, input: {} });
    await first.clock.advance(0);
    await first.journal.durable();
    const { clock, engine } = await callsNothing(memoryDisk(new Map(disk.files)), definition);
    await clock.advance(9_000);
    expect(engine.describe(executionArn).status).toBe('SUCCEEDED');
  });

  it('keeps its place in the list when the journal had to write it again', async () => {
    const States = { Rest: { Type: 'Wait', Seconds: '{% $states.input %}', End: true } };
    const definition = { QueryLanguage: 'JSONata', StartAt: 'Rest', States };
    const disk = memoryDisk();
    const first = await callsNothing(disk, definition);
    first.engine.start({ stateMachineArn: MACHINE, input: 86_400, name: 'long' });
    for (let n = 0; n < 30; n++) {
      first.engine.start({ stateMachineArn: MACHINE, input: 0, name: `short-${n}` });
      await first.clock.advance(0);
      await first.journal.durable();
    }
    expect(disk.list()).not.toContain('00000001.log');
    const { engine } = await callsNothing(memoryDisk(new Map(disk.files)), definition);
    const [oldest, next, ...others] = engine.list().map(({ name }) => name);
    expect([oldest, next, others.at(-1)]).toEqual(['long', expect.stringMatching(/^short-2\d$/), 'short-29']);
  });

  it('goes on with the definition it began with', async () => {
    const disk = memoryDisk();
    const first = await machineOn(disk, START);
    const { executionArn } = first.engine.start({ stateMachineArn: MACHINE, input: { n: 1 }, name: 'one' });
    await first.settle();
    const journal = await openJournal({ disk: memoryDisk(new Map(disk.files)), report: () => {} });
    const clock = manualClock(START);
    const engine = createEngine({
      ...{ clock, journal, random: () => 0.5, newId: () => 'x' },
      integrations: { supports: () => true, invoke: async ({ stateName }) => ({ attempt: stateName }) },
    });
    const definition = { QueryLanguage: 'JSONata', StartAt: 'Other', States: { Other: { Type: 'Pass', End: true } } };
    engine.register({ arn: MACHINE, name: 'm', definition });
    engine.resume();
    await clock.advance(10_000);
    for (let turns = 0; turns < 20; turns++) await clock.advance(0);
    expect(engine.history(executionArn)?.some(({ name }) => name === 'Each')).toBe(true);
  });
});

/** An engine on a small disk whose machine only waits. */
async function callsNothing(disk: MemoryDisk, definition: unknown) {
  const clock = manualClock(START);
  const journal = await openJournal({ disk, report: () => {}, segmentBytes: 2000, limitBytes: 10_000 });
  const integrations = { supports: () => true, invoke: async () => null };
  const engine = createEngine({ clock, journal, integrations, random: () => 0.5, newId: () => 'x', keepHistories: 1 });
  engine.register({ arn: MACHINE, name: 'm', definition });
  engine.resume();
  return { clock, engine, journal };
}

function safeHistory(machine: Machine, arn: string) {
  return machine.engine.list().length === 0 ? [] : (machine.engine.history(arn) ?? []);
}
