import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import * as z from 'zod';
import { loadApproval } from '../../functions/adapters/tables/approval-item.ts';
import { openApprovals } from '../../functions/adapters/tables/approval-lists.ts';
import { type Table, table } from '../../functions/adapters/tables/table.ts';
import { OtherLayout } from '../../functions/application/unreadable.ts';
import { standingWords } from '../../functions/domain/answer-words.ts';
import { shownName } from '../../functions/domain/names.ts';
import {
  alreadyWords,
  askedBecause,
  deedWords,
  eceWords,
  jobWords,
  recordWords,
  riskWords,
} from '../../functions/domain/question-words.ts';
import { visible } from '../../functions/domain/visible.ts';
import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { type AnswerAction, AnswerReply, AnswerRequest } from '../../schemas/ports/answer.ts';
import { SlackUserId } from '../../schemas/ports/slack.ts';
import { APPROVER_HEADER } from '../console/answers.ts';
import { issueToken, NoApproverKey, readApproverKey } from '../console/approver-token.ts';
import { signInLink } from '../console/sign-in.ts';
import { signedHeaders } from './signed-request.ts';
import { onTable, type TableOptions, withTableOptions } from './table-options.ts';

/** Nothing was answered. The message says why, and what to write. */
export class NotAnswered extends Error {
  override name = 'NotAnswered' as const;
}

/** A token of the command line is used at once. */
const TOKEN_MS = 60_000;
/** The gateway itself gives up after 30 seconds. */
const PATIENCE_MS = 35_000;

const ACTIONS = ['approve', 'deny', 'undo', 'freeze', 'unfreeze'] as const satisfies readonly AnswerAction[];

interface Options extends TableOptions, Partial<Record<(typeof ACTIONS)[number], true>> {
  list?: true;
  link?: true;
  reason?: string;
  as?: string;
  url?: string;
  console: string;
  data: string;
}

/**
 * Sends an answer to the function that decides. With a URL to the API of AWS, signed with the caller's own credentials: who
 * answers is who IAM says. Without one to the console of this machine, with a token that only who can read its data folder
 * can make: who answers is who `--as` names, on the word of the owner of this machine.
 * @throws NotAnswered
 */
async function send(request: AnswerRequest, options: Options): Promise<AnswerReply> {
  const body = JSON.stringify(request);
  const url = new URL(options.url ?? 'api/approvals/answer', options.console);
  const headers = options.url === undefined ? ownHeaders(options) : await awsHeaders(url, body);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal }).catch(
    (cause: unknown) => {
      throw new NotAnswered(
        signal.aborted
          ? `${url.origin} took too long: look at how the approval stands before you try again.`
          : `${url.origin} does not answer: is it running, and is this its address?`,
        { cause },
      );
    },
  );
  const json: unknown = await answer.json().catch(() => null);
  const reply = AnswerReply.safeParse(json);
  if (reply.success) return reply.data;
  throw new NotAnswered(whyNot(url, answer.status, json));
}

const GatewaySays = z.object({ message: z.string() });

/** What API Gateway means, in words that say what to do; its own words too, since expired and missing look alike. */
export function whyNot({ origin }: URL, status: number, json: unknown): string {
  const said = GatewaySays.safeParse(json).data?.message;
  const quoted = said === undefined ? '' : ` It says: ${visible(said).slice(0, 300)}`;
  switch (status) {
    case 403:
      return `${origin} does not let these AWS credentials in: are they expired? They need execute-api:Invoke on this route.${quoted}`;
    case 404:
      return `${origin} has no such route: is VGAC_APPROVALS_URL the output ApprovalsUrl?${quoted}`;
    case 429:
      return `${origin} is busy: nothing was answered, try again in a moment.${quoted}`;
    default:
      return `${origin} answered with status ${status}: look at how the approval stands before you try again.${quoted}`;
  }
}

function ownHeaders({ as, data }: Options): Record<string, string> {
  const person = personOf(as);
  const token = issueToken(keyOf(data), { person, way: 'cli' }, new Date(Date.now() + TOKEN_MS));
  return { 'content-type': 'application/json', [APPROVER_HEADER]: token };
}

function keyOf(data: string): Buffer {
  try {
    return readApproverKey(data);
  } catch (cause) {
    if (!(cause instanceof NoApproverKey)) throw cause;
    throw new NotAnswered(`${cause.message}: name the folder with --data, and start the system there first`, { cause });
  }
}

function personOf(as: string | undefined): string {
  if (as === undefined) throw new NotAnswered('say who answers: --as SLACK_ID, the one in the configuration');
  return as;
}

async function awsHeaders(url: URL, body: string): Promise<Record<string, string>> {
  // Credentials as any SDK client finds them.
  const client = new DynamoDBClient({});
  try {
    return signedHeaders(url, body, await client.config.credentials(), new Date());
  } catch (cause) {
    throw new NotAnswered(`cannot sign for ${url.origin}: ${cause instanceof Error ? cause.message : ''}`, { cause });
  } finally {
    client.destroy();
  }
}

/** Open questions, those that time out first at the front. */
export async function pending(store: Table): Promise<ApprovalItem[]> {
  const found: ApprovalItem[] = [];
  for await (const id of openApprovals(store)) {
    const approval = await loadApproval(store, id);
    if (approval?.status === 'pending') found.push(approval);
  }
  return found;
}

/** A name for a terminal: every character as what it is, and a warning where it could be taken for another. */
function named(name: string): string {
  const { text, warning } = shownName(name);
  return warning === null ? text : `${text} (${warning})`;
}

/** One approval for a terminal: the lines of its card. */
export function lines(approval: ApprovalItem): string[] {
  const { approval_id, question, subject, pinned, already } = approval;
  const because = askedBecause(pinned, subject);
  const deed =
    question === 'keep'
      ? `job ${named(subject.arguments.jobId)} is held; keep it held?`
      : `${deedWords(subject.arguments, approval.status === 'autonomous' ? 'done' : pinned.dryRun ? 'would' : 'do', named)}.`;
  const before = already === undefined ? '' : ` ${alreadyWords(already)}`;
  return [
    colors.bold(approval_id),
    `  ${pinned.dryRun ? 'in dry run:    ' : 'what:          '}${deed}${before}`,
    `  whose:         ${jobWords(approval, named)}`,
    `  why:           ${riskWords(pinned)}; ${recordWords(approval)}; ${eceWords(pinned.evidence, because)}`,
    ...(because === null ? [] : [`  why a human:   ${because}`]),
    `  ${standingWords(approval)}`,
  ];
}

async function run(id: string | undefined, options: Options): Promise<string> {
  if (options.link) return signInLink(keyOf(options.data), options.console, personOf(options.as), new Date());
  if (options.list) {
    const open = await pending(table(onTable(options)));
    return open.length === 0 ? 'Nobody is asked anything.' : open.map((one) => lines(one).join('\n')).join('\n\n');
  }
  if (id === undefined) throw new NotAnswered('name an approval, or use --list');
  const [action, ...others] = ACTIONS.filter((name) => options[name]);
  if (others.length > 0)
    throw new NotAnswered(`use one of ${[action, ...others].map((name) => `--${name}`).join(', ')}`);
  if (action === undefined) {
    const approval = await loadApproval(table(onTable(options)), id);
    if (!approval) throw new NotAnswered(`there is no approval ${id}`);
    return lines(approval).join('\n');
  }
  const { reason } = options;
  const request = AnswerRequest.safeParse({ approvalId: id, action, ...(reason === undefined ? {} : { reason }) });
  if (!request.success) {
    const [issue] = request.error.issues;
    throw new NotAnswered(`${issue?.path[0] === 'reason' ? '--reason' : 'id'}: ${issue?.message}`);
  }
  const reply = await send(request.data, options);
  if (reply.outcome !== 'done') throw new NotAnswered(reply.message);
  return reply.message;
}

function slackId(value: string): string {
  if (!SlackUserId.safeParse(value).success) throw new InvalidArgumentError('use a Slack user id such as U02ABCDEF');
  return value;
}

function address(value: string): string {
  if (!URL.canParse(value)) throw new InvalidArgumentError('use a full URL');
  return value;
}

if (import.meta.main) {
  const command = withTableOptions(new Command('approve'))
    .description('Answers an approval without Slack, by the same rules. Without an action it shows the approval.')
    .argument('[id]', 'id of the approval')
    .option('--list', 'list what waits for an answer')
    .option('--approve', 'let it be done, or keep the hold')
    .option('--deny', 'let it not be done, or release the hold')
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
    .option('--console <url>', 'on one machine: address of the console', address, 'http://127.0.0.1:4580/')
    .option('--data <dir>', 'on one machine: its data folder', '.vgac')
    .option('--link', 'on one machine: print a link with which --as answers on the page for 12 hours')
    .action(async (id: string | undefined, options: Options) => console.log(await run(id, options)));
  await command.parseAsync().catch((error: unknown) => {
    if (!(error instanceof NotAnswered || error instanceof OtherLayout)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}
