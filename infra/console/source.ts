import type { HistoryEvent } from '../runtime/engine/history.ts';
import type { AnswerDesk } from './answers.ts';
import type { Executions } from './executions.ts';
import type { ScoreHistory } from './history-of-scores.ts';
import type { Records } from './records.ts';
import type { Redactor } from './redact.ts';
import type { SettledRounds } from './settled.ts';
import type { SignInDesk } from './sign-in.ts';
import type { Notice, Overview } from './views.ts';

/** What the console reads, all of it live. Only the desk changes anything, and only for a verified person. */
export interface ConsoleSource {
  readonly executions: Executions;
  readonly scores: ScoreHistory;
  readonly settled: SettledRounds;
  readonly records: Records;
  readonly redactor: Redactor;
  readonly desk: AnswerDesk;
  readonly signIn: SignInDesk;
  /** Newest first. */
  notices(): readonly Notice[];
  /** Undefined if the execution closed so long ago that its history is gone. */
  history(executionArn: string): readonly HistoryEvent[] | undefined;
  now(): number;
  readonly clock: Overview['clock'];
  phase(): Overview['phase'];
  /** What is being fed, in words. */
  readonly description: string;
  /** Path of the Slack stand-in's page; null if real Slack is used. */
  readonly slackUrl: string | null;
  /** What anybody who opens the page must know first; null if there is nothing. */
  readonly warning: string | null;
}
