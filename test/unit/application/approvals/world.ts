import { AsyncLocalStorage } from 'node:async_hooks';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import type { Slack, SlackMessage } from '../../../../functions/adapters/slack/client.ts';
import { SlackUnavailable } from '../../../../functions/adapters/slack/errors.ts';
import { questionMessages } from '../../../../functions/adapters/slack/question-messages.ts';
import { loadApproval } from '../../../../functions/adapters/tables/approval-item.ts';
import { openApprovals } from '../../../../functions/adapters/tables/approval-lists.ts';
import { jobKey } from '../../../../functions/adapters/tables/table.ts';
import { expire, voidApproval } from '../../../../functions/application/approvals/expire-or-void.ts';
import { requestApproval } from '../../../../functions/application/approvals/request-approval.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { effectIdOf } from '../../../../functions/domain/subject.ts';
import type { Decision } from '../../../../schemas/decision.ts';
import type { ApprovalAnswer } from '../../../../schemas/items/approval.ts';
import type { CardAction } from '../../../../schemas/ports/slack.ts';
import { memoryTable } from '../../../fixtures/memory-table.ts';
import { ASKED, aConfig, aDecision, EXPIRES, minutesAfter, type TestPorts } from './builders.ts';
import { everyStore } from './stores.ts';

/** One process, which may die at one of its calls to the outside: before the call took effect, or after it. */
export interface Process {
  now: Date;
  /** Number of the call at which it dies; never, when it makes fewer. */
  diesAt?: number | undefined;
  diesAfterTheCall?: boolean | undefined;
  slackDown?: boolean | undefined;
  calls?: number;
  dead?: boolean;
}

class Died extends Error {
  override readonly name = 'Died' as const;
}

/** The whole of one approval: table, Slack, and the execution that waits, with its own rules about tokens. */
export class World {
  readonly decision: Decision = aDecision();
  readonly cards = new Map<string, SlackMessage>();
  /** Cards whose message was in the channel, in order. */
  readonly privateReplies: string[] = [];
  readonly events: string[] = [];
  /** How the execution went on; an execution goes on once. */
  readonly continued: ApprovalAnswer[] = [];
  effects = 0;
  /** True: when an approval arrives, the job has started, so Act does nothing and the machine voids the approval. */
  overtaken = false;
  #voided = false;
  #token = '';
  #running = new AsyncLocalStorage<Process>();
  readonly memory;
  #interleave: () => Promise<unknown>;

  constructor(interleave: () => Promise<unknown> = async () => undefined) {
    this.#interleave = interleave;
    this.memory = memoryTable((work) => this.#call(async () => work()));
    const { items } = this.memory;
    const config = { PK: 'CLUSTER#west-1', SK: 'CONFIG', v: 1, config: aConfig(), applied_at: ASKED.toISOString() };
    items.set('CLUSTER#west-1\u0000CONFIG', config);
    this.#row({});
  }

  /** From now on one thing happens after the other. */
  calm(): void {
    this.#interleave = async () => undefined;
  }

  get id(): string {
    return this.decision.decisionId;
  }

  /** Runs the work of one process; that it dies is nothing that anybody sees. */
  async run(process: Process, work: (ports: TestPorts) => Promise<unknown>): Promise<void> {
    await this.#running.run(process, async () => {
      await work(this.#ports(process)).catch((error: unknown) => {
        if (!process.dead && !process.slackDown) throw error;
      });
    });
  }

  /** Presses a button of a card, the newest if none is named; without any card it is an answer by another way. */
  click(process: Process, by: string, action: CardAction, on = [...this.cards.keys()].at(-1)): Promise<void> {
    const where = on === undefined ? {} : { channel: 'C0ALERTS', messageTs: on };
    const click = { action, approvalId: this.id, by, responseUrl: `https://hooks.slack.com/${on}`, ...where };
    return this.run(process, (ports) => answerClick(ports, click));
  }

  /** The execution asks; when the function dies, it asks again with another token, and after three times it gives up. */
  async request(process: Process, attempts = 3): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const taskToken = `token-${attempt}`;
      this.#token = taskToken;
      const trial = attempt === 1 ? process : { now: process.now, slackDown: process.slackDown };
      const job = { user: 'olga', request: { gpus: 4 } };
      const asked = { decision: this.decision, question: 'act' as const, job, executionArn: 'arn', taskToken };
      await this.run(trial, (ports) => requestApproval(ports, asked, aConfig(), '#gpu-alerts'));
      if (!trial.dead) return;
    }
  }

  /** The execution's own timeout: the token is worth nothing from now on, and the stored decision is followed. */
  async timeOut(process: Process): Promise<void> {
    if (this.continued.length > 0) return;
    this.#token = 'none';
    for (const trial of [process, { now: process.now }]) {
      let answer: ApprovalAnswer | undefined;
      await this.run(trial, async (ports) => {
        answer = await expire(ports, this.id, 'act');
      });
      if (trial.dead) continue;
      if (answer) this.#goOn(answer);
      return;
    }
  }

  /** VoidApproval, with the machine's retry. */
  async void(process: Process): Promise<void> {
    if (!this.overtaken || this.#voided || this.continued[0]?.decision !== 'approved') return;
    this.#voided = true;
    for (const trial of [process, { now: process.now }]) {
      await this.run(trial, (ports) => voidApproval(ports, this.id, 'act', 'the job started'));
      if (!trial.dead) break;
    }
    this.#row({ closed_at: process.now.toISOString(), status: 'void' });
  }

  /** Sweeps every minute until nothing is left to do; Slack and everything else works. @returns how many it took */
  async sweepUntilQuiet(from: Date): Promise<number> {
    for (let minute = 0; minute < 40; minute++) {
      await this.run({ now: minutesAfter(from, minute) }, sweep);
      // An execution that is resumed late is overtaken late.
      await this.void({ now: minutesAfter(from, minute) });
      if (!(await this.isOpen())) return minute + 1;
    }
    return Number.POSITIVE_INFINITY;
  }

  async isOpen(): Promise<boolean> {
    for await (const id of openApprovals(this.memory.table)) if (id === this.id) return true;
    return false;
  }

  stored() {
    return loadApproval(this.memory.table, this.id);
  }

  /** Words of the audit, in order. */
  audit(): string[] {
    const records = [...this.memory.items.values()].filter(
      ({ PK, SK }) => PK === `APPROVAL#${this.id}` && String(SK).startsWith('AUDIT#'),
    );
    return records.sort((a, b) => (String(a.SK) < String(b.SK) ? -1 : 1)).map(({ what }) => String(what));
  }

  /** How often the question left `pending`. */
  get decisions(): number {
    return this.memory.writes.filter(
      ({ before, after }) => before?.SK === 'APPROVAL' && before.status === 'pending' && after?.status !== 'pending',
    ).length;
  }

  #ports(process: Process): TestPorts {
    const call = <T>(work: () => T) =>
      this.#call(async () => {
        if (process.slackDown) throw new SlackUnavailable('down');
        return work();
      });
    const slack: Slack = {
      post: (_channel, message) =>
        call(() => {
          const ts = `1.${String(this.cards.size + 1).padStart(6, '0')}`;
          this.cards.set(ts, message);
          return { channel: 'C0ALERTS', ts };
        }),
      update: ({ ts }, message) => call(() => void this.cards.set(ts, message)),
      replace: (url, message) => call(() => this.cards.set(url.split('/').at(-1) ?? '', message).size > 0),
      replyPrivately: (_url, { text }) => call(() => this.privateReplies.push(text) > 0),
      ephemeral: (_channel, _user, { text }) => call(() => void this.privateReplies.push(text)),
      openModal: () => call(() => undefined),
      link: () => 'https://slack.test/x',
    };
    return {
      table: this.memory.table,
      store: everyStore(this.memory.table),
      now: process.now,
      warn: () => undefined,
      emit: (type) => this.#call(async () => void this.events.push(type)),
      answerTask: (token, answer) => this.#call(async () => this.#answer(token, answer)),
      slack,
      messages: questionMessages(slack),
    };
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    const process = this.#running.getStore();
    if (!process) return work();
    if (process.dead) throw new Died('this process is dead');
    await this.#interleave();
    process.calls = (process.calls ?? 0) + 1;
    const dies = process.calls === process.diesAt;
    if (dies && !process.diesAfterTheCall) {
      process.dead = true;
      throw new Died('died before the call');
    }
    const result = await work();
    if (dies) {
      process.dead = true;
      throw new Died('died after the call');
    }
    return result;
  }

  /** What Step Functions does with an answer: one token is good once. */
  #answer(token: string, answer: ApprovalAnswer): 'resumed' | 'closed' {
    if (token !== this.#token || this.continued.length > 0) return 'closed';
    this.#goOn(answer);
    return 'resumed';
  }

  #goOn(answer: ApprovalAnswer): void {
    this.continued.push(answer);
    const closed = { closed_at: minutesAfter(EXPIRES, 2).toISOString(), status: answer.decision };
    if (answer.decision !== 'approved') {
      this.#row(closed);
      return;
    }
    if (this.overtaken) return;
    this.effects += 1;
    const at = answer.at;
    const decisionId = effectIdOf(this.decision.decisionId, 'asked');
    this.#row({
      ...closed,
      approved_effect: { status: 'dryRun', action: 'requeue', decisionId, at, intervened: false },
    });
  }

  #row(attributes: object): void {
    const { clusterId, jobId, submittedAt } = this.decision;
    const key = jobKey(this.decision);
    this.memory.items.set(`${key.PK}\u0000${key.SK}`, {
      ...{ ...key, v: 1, cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt },
      ...attributes,
    });
  }
}
