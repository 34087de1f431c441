import { type Command, Option } from 'commander';
import { loadApproval } from '../../functions/adapters/tables/approval-item.ts';
import { type AnswerAction, AnswerRequest } from '../../schemas/ports/answer.ts';
import { approvalJson, lines, pending } from './approve/questions.ts';
import { type Desk, NotAnswered, send } from './approve/send.ts';
import { address, type ConnectionOptions, connect, withConnection } from './connection.ts';
import { approverKeyOf, consoleOf, slackId, USUAL_CONSOLE } from './console.ts';
import { UsageError } from './refused.ts';
import { type JsonOption, print, type Result, withJson } from './result.ts';

const ACTIONS = ['approve', 'deny', 'undo', 'freeze', 'unfreeze'] as const satisfies readonly AnswerAction[];
type Action = (typeof ACTIONS)[number];

interface Options extends ConnectionOptions, JsonOption, Partial<Record<Action, true>> {
  list?: true;
  reason?: string;
  as?: string;
  url?: string;
  console?: string;
}

export function define(command: Command): void {
  withJson(withConnection(command))
    .argument('[id]', 'id of the approval')
    .option('--list', 'list what waits for an answer')
    .option('--approve', 'let it be done, or keep the hold')
    .option('--deny', 'do not let it be done, or release the hold')
    .option('--reason <text>', 'why, for whoever reads the card')
    .option('--undo', 'take back what was approved')
    .option('--freeze', 'freeze its cluster')
    .option('--unfreeze', 'lift the freeze of its cluster')
    .addOption(
      new Option('--url <url>', 'on AWS: the output ApprovalsUrl; you are who your AWS credentials say')
        .env('VGAC_APPROVALS_URL')
        .argParser(address),
    )
    .option('--as <slackId>', 'on one machine: who answers', slackId)
    .option('--console <url>', `on one machine: address of the console (default: ${USUAL_CONSOLE})`, address)
    .addHelpText('after', '\nThe rules are those of Slack. Without an action it shows the approval.')
    .action(async (id: string | undefined, options: Options) => print(await run(id, options), options));
}

async function run(id: string | undefined, options: Options): Promise<Result> {
  if (options.list) return list(options);
  if (id === undefined) throw new UsageError('Name an approval, or use --list.');
  const [action, ...others] = ACTIONS.filter((name) => options[name]);
  if (action === undefined) return show(id, options);
  if (others.length > 0) {
    const given = [action, ...others].map((name) => `--${name}`);
    throw new UsageError(`Use only one of ${given.join(', ')}.`);
  }
  return answer(id, action, options);
}

async function list(options: Options): Promise<Result> {
  const open = await pending(await connect(options, 'read'));
  const text = open.map((approval) => lines(approval).join('\n')).join('\n\n');
  return { text: open.length === 0 ? 'Nobody is asked anything.' : text, json: open.map(approvalJson) };
}

async function show(id: string, options: Options): Promise<Result> {
  const approval = await loadApproval(await connect(options, 'read'), id);
  if (!approval) throw new NotAnswered(`There is no approval ${id}.`);
  return { text: lines(approval).join('\n'), json: approvalJson(approval) };
}

async function answer(approvalId: string, action: Action, options: Options): Promise<Result> {
  const { reason } = options;
  const request = AnswerRequest.safeParse({ approvalId, action, ...(reason !== undefined && { reason }) });
  if (!request.success) {
    const [issue] = request.error.issues;
    throw new UsageError(`${issue?.path[0] === 'reason' ? '--reason' : 'id'}: ${issue?.message}.`);
  }
  const reply = await send(request.data, deskOf(options));
  if (reply.outcome !== 'done') throw new NotAnswered(reply.message);
  return { text: reply.message, json: reply };
}

function deskOf(options: Options): Desk {
  if (options.url !== undefined) return { kind: 'aws', url: new URL(options.url) };
  const url = new URL('api/approvals/answer', consoleOf(options));
  return { kind: 'console', url, person: personOf(options), key: approverKeyOf(options) };
}

function personOf({ as }: Options): string {
  if (as === undefined) throw new UsageError('Say who answers with --as SLACK_ID, the one in the configuration.');
  return as;
}
