import type { ModalView } from '@slack/types';
import * as z from 'zod';
import type { ClickPorts } from '../../../../functions/adapters/slack/click-ports.ts';
import type { PrivateMessage, Slack, SlackMessage } from '../../../../functions/adapters/slack/client.ts';
import { questionMessages } from '../../../../functions/adapters/slack/question-messages.ts';
import type { Table } from '../../../../functions/adapters/tables/table.ts';
import type { MessageRef } from '../../../../functions/application/approvals/messages.ts';
import { argumentsHash } from '../../../../functions/domain/ids.ts';
import { ownSubject, subjectOf } from '../../../../functions/domain/subject.ts';
import { ClusterConfig } from '../../../../schemas/config.ts';
import type { ActionArguments, Decision } from '../../../../schemas/decision.ts';
import type { ApprovalAnswer, ApprovalItem } from '../../../../schemas/items/approval.ts';
import { aDecision as someDecision } from '../../../fixtures/builders.ts';
import { everyStore } from './stores.ts';

export const ASKED = new Date('2026-11-20T08:00:00.000Z');
export const EXPIRES = new Date('2026-11-20T12:00:00.000Z');
export const minutesAfter = (start: Date, minutes: number) => new Date(start.getTime() + minutes * 60_000);

export const ANNA = 'U0ANNA';
export const BEN = 'U0BEN';
export const OWNER = 'U0OWNER';

let serial = 0;
/** A new id for each approval, so that tests share one table. */
export const newDecisionId = () => {
  serial += 1;
  return `dec_${String(serial).padStart(24, '0')}`;
};

const RULE = {
  code: 'ece',
  message: 'suggest: ECE 0.056, at most 0.050',
  scope: 'escalate' as const,
};

/** An intervention, as a question or as what the agent does on its own, with the hash that belongs to it. */
export function requeue(change: Partial<ActionArguments> = {}) {
  const args = { action: 'requeue', clusterId: 'west-1', jobId: 'job-17', target: 'short', ...change };
  return { arguments: args, argumentsHash: argumentsHash(args) };
}

/** A decision that does nothing on its own and asks a human about a requeue. */
export function aDecision(change: Partial<Decision> = {}): Decision {
  return {
    ...someDecision(),
    decisionId: newDecisionId(),
    clusterId: 'west-1',
    jobId: 'job-17',
    submittedAt: ASKED.toISOString(),
    decidedAt: ASKED.toISOString(),
    called: 3,
    tier: 0,
    kind: 'statement',
    arguments: null,
    argumentsHash: null,
    scope: 'escalate',
    next: 'ask',
    asks: { tier: 3, ...requeue() },
    executed: false,
    cost: 0,
    passedOver: [{ tier: 3, reasons: [RULE] }],
    foldable: true,
    reasons: [RULE],
    prediction: {
      p: 0.9,
      q: 0.82,
      waitSeconds: 720,
      lowerSeconds: 240,
      upperSeconds: 1860,
      upper90Seconds: 1500,
      confidence: 0.7,
    },
    evidence: {
      score: 0.72,
      scope: 'notify',
      ece: 0.056,
      eceLower: 0.03,
      eceUpper: 0.062,
      nullMean: 0.021,
      n: 212,
      skilled: true,
      epoch: 1,
      version: 9,
      drift: 'none',
      earnedTier: 2,
      reasons: [{ code: 'score', message: 'calibration score 0.720 has to be above 0.85', scope: 'notify' }],
    },
    statement: '~12 minutes (±5m)',
    longWaitSeconds: 300,
    dryRun: false,
    ...change,
  };
}

/** A decision that the agent carries out on its own, in the sight of people, and asks nobody about. */
export function anOwnDecision(change: Partial<Decision> = {}): Decision {
  return aDecision({
    ...{ tier: 3, kind: 'intervention', ...requeue(), scope: 'notify', next: 'actAndNotify', executed: true },
    ...{ asks: null, passedOver: [], reasons: [], cost: 10_000, ...change },
  });
}

/** A hold that the agent placed on its own, of which somebody is asked whether it stays. */
export function aHold(change: Partial<Decision> = {}): Decision {
  return anOwnDecision({ called: 4, tier: 4, ...requeue({ action: 'hold', target: undefined }), ...change });
}

export function aConfig(change: z.input<typeof ClusterConfig> | object = {}): ClusterConfig {
  return ClusterConfig.parse({
    clusterId: 'west-1',
    platform: 'slurm',
    approvers: { suggest: [ANNA, BEN, OWNER], gate: [ANNA, BEN] },
    users: { olga: OWNER },
    ...change,
  });
}

export function anApproval(change: Partial<ApprovalItem> = {}): ApprovalItem {
  const question = change.question ?? 'act';
  const pinned = change.pinned ?? (question === 'keep' ? aHold() : aDecision());
  const subject = change.subject ?? subjectOf(pinned, question) ?? ownSubject(pinned);
  if (subject === null) throw new Error('this decision is about nothing');
  return {
    PK: `APPROVAL#${pinned.decisionId}`,
    SK: 'APPROVAL',
    v: 1,
    approval_id: pinned.decisionId,
    cluster_id: pinned.clusterId,
    job_id: pinned.jobId,
    submitted_at: pinned.submittedAt,
    question,
    tier: question === 'keep' ? 'gate' : 'suggest',
    status: 'pending',
    subject,
    pinned,
    user: 'olga',
    queue: 'gpu-long',
    gpus: 4,
    record: { seen: 50, right: 41, promise: 0.65 },
    configured_channel: '#gpu-alerts',
    requested_at: ASKED.toISOString(),
    expires_at: EXPIRES.toISOString(),
    execution_arn: 'arn:aws:states:us-east-1:000000000000:execution:job-workflow:x',
    requests: 1,
    alternatives: [],
    undo_seconds: 900,
    cards_at_once: 3,
    ...change,
  };
}

/** Ports of every use case around an approval, and the Slack and the table behind them. */
export interface TestPorts extends ClickPorts {
  store: ReturnType<typeof everyStore>;
  table: Table;
}

/** The same ports with a Slack that fails in some of its calls. */
export function withSlack(ports: TestPorts, change: Partial<Slack>): TestPorts {
  const slack = { ...ports.slack, ...change };
  return { ...ports, slack, messages: questionMessages(slack) };
}

export interface Recorder {
  ports: TestPorts;
  /** What the execution was told, in order. */
  resumed: { token: string; answer: ApprovalAnswer }[];
  events: { type: string; detail: unknown }[];
  /** Cards by message id, as they look now. */
  cards: Map<string, SlackMessage>;
  posts: { channel: string; message: SlackMessage; thread: string | undefined; ts: string }[];
  privateReplies: string[];
  /** By response URL, in place of chat.update. */
  replaced: { url: string; message: SlackMessage }[];
  modals: { triggerId: string; view: ModalView }[];
  warnings: string[];
  at(now: Date): TestPorts;
}

/** Ports that remember: the table is real, Slack, bus and executions are in memory. */
export function recorder(table: Table, change: Partial<TestPorts> = {}): Recorder {
  const cards = new Map<string, SlackMessage>();
  const posts: Recorder['posts'] = [];
  const privateReplies: string[] = [];
  const replaced: Recorder['replaced'] = [];
  const modals: Recorder['modals'] = [];
  const resumed: Recorder['resumed'] = [];
  const events: Recorder['events'] = [];
  const warnings: string[] = [];
  const slack: Slack = {
    post: async (channel, message, thread): Promise<MessageRef> => {
      const ts = `1.${String(posts.length + 1).padStart(6, '0')}`;
      posts.push({ channel, message, thread, ts });
      cards.set(ts, message);
      return { channel: 'C0ALERTS', ts };
    },
    update: async ({ ts }, message) => {
      cards.set(ts, message);
    },
    replyPrivately: async (_url, message) => {
      privateReplies.push(privately(message));
      return true;
    },
    ephemeral: async (_channel, _user, message) => {
      privateReplies.push(privately(message));
    },
    replace: async (url, message) => {
      replaced.push({ url, message });
      return true;
    },
    link: ({ channel, ts }) => `https://slack.test/archives/${channel}/p${ts.replace('.', '')}`,
    openModal: async (triggerId, view) => {
      modals.push({ triggerId, view });
    },
  };
  const ports: TestPorts = {
    table,
    store: everyStore(table),
    slack,
    messages: questionMessages(change.slack ?? slack),
    emit: async (type, detail) => {
      events.push({ type, detail });
    },
    now: ASKED,
    warn: (message, error) => {
      warnings.push(`${message}: ${error instanceof Error ? error.name : String(error)}`);
    },
    answerTask: async (token, answer) => {
      resumed.push({ token, answer });
      return 'resumed';
    },
    ...change,
  };
  return {
    ports,
    resumed,
    events,
    cards,
    posts,
    privateReplies,
    replaced,
    modals,
    warnings,
    at: (now) => ({ ...ports, now }),
  };
}

/** What one person reads. */
const privately = ({ text, blocks }: PrivateMessage) => (blocks === undefined ? text : words({ text, blocks }));

/** All mrkdwn of a message, as one text. */
export function words(message: SlackMessage | undefined): string {
  const Section = z.object({ type: z.literal('section'), text: z.object({ text: z.string() }) });
  return (message?.blocks ?? []).map((block) => Section.safeParse(block).data?.text.text ?? '').join('\n');
}

/** The buttons of a message: action and value. */
export function buttons(message: SlackMessage | undefined): { action: string; value: string; label: string }[] {
  const Element = z.object({ action_id: z.string(), value: z.string(), text: z.object({ text: z.string() }) });
  const Actions = z.object({ type: z.literal('actions'), elements: z.array(Element) });
  return (message?.blocks ?? []).flatMap((block) =>
    (Actions.safeParse(block).data?.elements ?? []).map(({ action_id, value, text }) => ({
      action: action_id,
      value,
      label: text.text,
    })),
  );
}
