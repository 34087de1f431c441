import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../../../infra/runtime/bus/admission.ts';
import type { HistoryEvent } from '../../../../infra/runtime/engine/history.ts';

const event = (type: HistoryEvent['type']): HistoryEvent => ({ id: 1, previousEventId: 0, timestamp: 0, type });
const ended = event('ExecutionSucceeded');

/** A machine that only says what was started and how much works at once. */
function machine(limit: number) {
  const admission = createAdmission(limit);
  const started: string[] = [];
  const working = new Set<string>();
  let most = 0;
  const begin = (arn: string) => () => {
    started.push(arn);
    working.add(arn);
    most = Math.max(most, working.size);
    return arn;
  };
  return {
    admission,
    started,
    working,
    most: () => most,
    enter: (arn: string) => admission.enter(begin(arn)),
    tell(arn: string, type: HistoryEvent['type']) {
      working.delete(arn);
      admission.observe(arn, event(type));
    },
  };
}

describe('the admission of executions', () => {
  it('starts at once while there are places, and the others in the order they came', async () => {
    const { enter, tell, started, admission } = machine(2);
    expect([enter('a'), enter('b')]).toEqual([undefined, undefined]);
    const third = enter('c');
    const fourth = enter('d');
    expect(started).toEqual(['a', 'b']);
    expect(admission.waiting()).toBe(2);
    tell('b', 'ExecutionSucceeded');
    await third;
    expect(started).toEqual(['a', 'b', 'c']);
    tell('a', 'ExecutionFailed');
    await fourth;
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    expect(admission.waiting()).toBe(0);
  });

  it.each(['TaskSubmitted', 'WaitStateEntered', 'TaskFailed'] as const)(
    'gives the place of one that rests to the next: %s',
    async (type) => {
      const { enter, tell, started } = machine(1);
      enter('asks');
      const next = enter('next');
      tell('asks', type);
      await next;
      expect(started).toEqual(['asks', 'next']);
      const last = enter('last');
      // What it does later is nobody's place.
      tell('asks', 'ExecutionSucceeded');
      tell('next', 'ExecutionSucceeded');
      await last;
      expect(started).toEqual(['asks', 'next', 'last']);
    },
  );

  it('keeps no place for one that was there already or could not start', async () => {
    const { admission, enter, started } = machine(1);
    admission.enter(() => null);
    expect(() =>
      admission.enter(() => {
        throw new Error('no such machine');
      }),
    ).toThrow('no such machine');
    expect(enter('a')).toBe(undefined);
    const refused = admission.enter(() => {
      throw new Error('no such machine');
    });
    const next = enter('b');
    admission.observe('a', ended);
    await expect(refused).rejects.toThrow('no such machine');
    await next;
    expect(started).toEqual(['a', 'b']);
  });

  it('loses none of a burst of 20,000, starts each once, and never has more at work than its limit', async () => {
    const { enter, tell, started, working, most, admission } = machine(64);
    const names = Array.from({ length: 20_000 }, (_, index) => `job-${index}`);
    const entered = Promise.all(names.map(enter));
    while (working.size > 0) {
      for (const arn of [...working]) tell(arn, 'ExecutionSucceeded');
      await Promise.resolve();
    }
    await entered;
    expect(started).toEqual(names);
    expect(most()).toBe(64);
    expect(admission.waiting()).toBe(0);
  });

  it('keeps order and limit whatever ends when', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9), { maxLength: 60 }), async (limit, steps) => {
        const { enter, tell, started, working, most } = machine(limit);
        const names: string[] = [];
        for (const step of steps) {
          const arn = [...working][step];
          if (arn === undefined) {
            names.push(`e${names.length}`);
            void enter(`e${names.length - 1}`);
          } else {
            tell(arn, 'ExecutionSucceeded');
            await Promise.resolve();
          }
        }
        while (working.size > 0) {
          for (const arn of [...working]) tell(arn, 'ExecutionSucceeded');
          await Promise.resolve();
        }
        expect(started).toEqual(names);
        expect(most()).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
