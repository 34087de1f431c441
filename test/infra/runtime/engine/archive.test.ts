import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../../infra/runtime/engine/engine.ts';
import { openJournal } from '../../../../infra/runtime/journal/journal.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';
import { type MemoryDisk, memoryDisk } from '../journal/memory-disk.ts';
import { MACHINE, START } from './machine.ts';

const States = {
  Which: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n % 2 = 0 %}', Next: 'No' }], Default: 'Yes' },
  Yes: { Type: 'Pass', Output: "{% 'out ' & $states.input.n %}", End: true },
  No: { Type: 'Fail', Error: 'Even', Cause: 'on purpose' },
};

async function engineOn(disk: MemoryDisk, keepCharacters: number) {
  const clock = manualClock(START);
  const journal = await openJournal({ disk, report: () => {} });
  const integrations = { supports: () => true, invoke: async () => null };
  const engine = createEngine({ clock, journal, integrations, random: () => 0.5, newId: () => 'x', keepCharacters });
  engine.register({ arn: MACHINE, name: 'm', definition: { QueryLanguage: 'JSONata', StartAt: 'Which', States } });
  engine.resume();
  return { clock, journal, engine };
}

describe('an execution that has closed', () => {
  it('keeps its history, input and result on disk alone once those of others fill the memory', async () => {
    const disk = memoryDisk();
    const { clock, journal, engine } = await engineOn(disk, 20_000);
    const started = Array.from({ length: 20 }, (_, n) => {
      const input = { n, padding: 'x'.repeat(5000) };
      return { input, n, arn: engine.start({ stateMachineArn: MACHINE, input, name: `e${n}` }).executionArn };
    });
    for (let turns = 0; turns < 50; turns++) await clock.advance(0);
    await journal.durable();
    const again = await engineOn(memoryDisk(new Map(disk.files)), 20_000);
    for (const { engine: one, journal: log } of [{ engine, journal }, again]) {
      const inMemory = log.keys('e').filter(({ summary }) => summary === undefined);
      expect(inMemory.length).toBeLessThan(3);
      for (const { summary = '' } of log.keys('e')) expect(summary.length).toBeLessThan(400);
      for (const { arn, n, input } of started) {
        const outcome = n % 2 === 0 ? { status: 'FAILED', error: 'Even', cause: 'on purpose' } : { output: `out ${n}` };
        expect(one.describe(arn)).toMatchObject({ name: `e${n}`, input, ...outcome });
        expect(one.history(arn)?.[0]).toMatchObject({ type: 'ExecutionStarted', input });
      }
      expect(one.list()).toHaveLength(20);
    }
  });
});
