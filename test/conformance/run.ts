import { createEngine, type Engine } from '../../infra/runtime/engine/engine.ts';
import { UnsupportedDefinition } from '../../infra/runtime/engine/errors.ts';
import type { HistoryEvent } from '../../infra/runtime/engine/history.ts';
import type { ExecutionSummary } from '../../infra/runtime/engine/scope.ts';
import { manualClock } from '../fixtures/manual-clock.ts';
import type { Case } from './case.ts';
import { causeOf, comparable, differenceOfEvents, same } from './compare.ts';
import { recordedWorld } from './world.ts';

export interface Verdict {
  readonly id: string;
  readonly result: 'pass' | 'fail' | 'unsupported';
  /** What differs, or what is not supported; empty for a pass. */
  readonly reason: string;
}

const MACHINE = 'arn:aws:states:us-east-1:111111111111:stateMachine:Recorded';
const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
/** Time that is let pass until the execution has ended: an hour, a day, a year, a decade. */
const STEPS = [HOUR, 24 * HOUR, 365 * 24 * HOUR, 3650 * 24 * HOUR];

/** Executes one case and compares status, output, error, cause and events with what AWS answered. Never throws. */
export async function runCase(given: Case): Promise<Verdict> {
  try {
    return { id: given.id, ...(await outcomeOf(given)) };
  } catch (error) {
    return { id: given.id, result: 'fail', reason: `cannot be run: ${String(error)}` };
  }
}

type Outcome = Omit<Verdict, 'id'>;
const unsupported = (reason: string): Outcome => ({ result: 'unsupported', reason });
const fail = (reason: string): Outcome => ({ result: 'fail', reason });

async function outcomeOf(given: Case): Promise<Outcome> {
  const { definition, input, expected } = given;
  if (expected.status === 'RUNNING') return unsupported('the recording ends before the execution does');
  const clock = manualClock(START);
  let engine: Engine | undefined;
  const world = recordedWorld(given, clock, () => ({
    succeed: (token, output) => engine?.sendTaskSuccess(token, output),
    fail: (token, error, cause) =>
      engine?.sendTaskFailure(token, {
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      }),
  }));
  engine = createEngine({ clock, random: () => 0.5, newId: () => 'run', integrations: world });
  try {
    engine.register({ arn: MACHINE, name: 'Recorded', definition });
  } catch (error) {
    if (error instanceof UnsupportedDefinition) return unsupported(error.message);
    throw error;
  }
  const { executionArn } = engine.start({ stateMachineArn: MACHINE, input });
  // Somebody stopped it; a recording does not say when.
  if (expected.status === 'ABORTED') {
    await clock.advance(1);
    engine.stop(executionArn, { error: expected.error ?? undefined, cause: expected.cause ?? undefined });
  }
  for (const step of STEPS) {
    await clock.advance(step);
    if (engine.describe(executionArn).status !== 'RUNNING') break;
  }
  const summary = engine.describe(executionArn);
  const [unanswered] = world.unanswered;
  const difference = differenceOf(given, summary, engine.history(executionArn) ?? []);
  if (difference === undefined) return { result: 'pass', reason: '' };
  // Only without events: with them a call that AWS did not make is a difference.
  if (unanswered !== undefined && expected.events.length === 0) {
    return unsupported(`the recording does not say what ${unanswered} answered`);
  }
  return fail(difference);
}

function differenceOf(given: Case, summary: ExecutionSummary, history: readonly HistoryEvent[]): string | undefined {
  const { expected } = given;
  const recorded = { ...expected, cause: causeOf(expected) ?? null };
  for (const field of ['status', 'output', 'error', 'cause'] as const) {
    const [theirs, own] = [comparable(recorded[field]), comparable(summary[field] ?? null)];
    if (!same(theirs, own)) return `${field}: AWS ${JSON.stringify(theirs)}, here ${JSON.stringify(own)}`;
  }
  return expected.events.length === 0 ? undefined : differenceOfEvents(given, history);
}
