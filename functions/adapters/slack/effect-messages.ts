import type { DoneByAgent, EffectMessages } from '../../application/approvals/messages.ts';
import type { Statements } from '../../domain/rolling-statements.ts';
import { settledCard, supersededCard, undoNotice } from './cards.ts';
import type { SlackMessage } from './client.ts';
import type { Delivery } from './notifier.ts';
import { change } from './question-messages.ts';
import { saidOf, statementMessage, statementsMessage } from './statement.ts';

/** Autonomous effects in Slack: by the bot with buttons and updates, by an incoming webhook read-only. */
export function effectMessages(delivery: Delivery): EffectMessages {
  const statementOf = saidOf;
  if (delivery.kind === 'none') return { reach: 'none', statementOf };
  if (delivery.kind === 'webhook') {
    return {
      reach: 'oneWay',
      statementOf,
      postEffect: (_channel, done) => delivery.post(effectMessage(done)),
      postUndoNotice: (_channel, approval, now) => delivery.post(undoNotice(approval, now)),
      postStatements: async (_channel, clusterId, statements: Statements) => {
        await delivery.post(statementsMessage(clusterId, statements, true));
        return { channel: 'webhook', ts: statements.began_at };
      },
    };
  }
  const { slack } = delivery;
  return {
    reach: 'interactive',
    statementOf,
    postEffect: async (channel, done) => {
      await slack.post(channel, effectMessage(done));
    },
    postUndoable: (channel, approval, now) => slack.post(channel, settledCard(approval, now)),
    postStatements: (channel, clusterId, statements) =>
      slack.post(channel, statementsMessage(clusterId, statements, false)),
    showStatements: (message, clusterId, statements) =>
      change(slack, message, statementsMessage(clusterId, statements, false)),
    showState: (message, approval, now) => change(slack, message, settledCard(approval, now)),
    showSuperseded: (message) => change(slack, message, supersededCard()),
  };
}

function effectMessage({ decision, effect, job }: DoneByAgent): SlackMessage {
  return statementMessage(decision, effect, { user: job.user, queue: job.queue, gpus: job.request.gpus });
}
