import * as z from 'zod';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Definition } from './definition.ts';
import type { EventDraft, HistoryEvent, Memo } from './history.ts';
import type { Integrations } from './integrations.ts';
import type { JsonValue } from './json.ts';
import type { Evaluator } from './jsonata.ts';
import type { Tokens } from './tokens.ts';

export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: Definition;
  /** Journal key of its definition. */
  readonly key: string;
}

export interface Services {
  clock: Clock;
  random: () => number;
  integrations: Integrations;
  evaluator: Evaluator;
  tokens: Tokens;
  journal: Journal;
  onHistory: ((executionArn: string, event: HistoryEvent) => void) | undefined;
}

export const ENDINGS = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
} as const;
export type ExecutionStatus = 'RUNNING' | (typeof ENDINGS)[keyof typeof ENDINGS];
/** Times in epoch milliseconds. */
export interface ExecutionSummary extends Pick<EventDraft, 'output' | 'error' | 'cause'> {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  input: JsonValue;
}

/** What the journal keeps of a closed execution beside its history. */
export const ArchivedSummary = z.object({
  executionArn: z.string(),
  stateMachineArn: z.string(),
  name: z.string(),
  status: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  startDate: z.number(),
  stopDate: z.number().exactOptional(),
});

/** What a line of control needs of the execution it belongs to. */
export interface ExecutionScope {
  /** Key of its lines in the journal. */
  readonly key: string;
  readonly machine: Machine;
  readonly services: Services;
  readonly summary: ExecutionSummary;
  /** Records an event of a line, with a memo that only a restart reads. */
  append(line: Line, draft: EventDraft, previousEventId: number, memo?: Memo): void;
}

export interface Line {
  readonly path: string;
  apply(event: HistoryEvent, memo?: Memo): void;
}
