import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod';
import { command } from '../../functions/domain/command.ts';
import { AnswerReply, type Authorizer } from '../../schemas/ports/answer.ts';
import type { FunctionHost } from '../runtime/functions/host.ts';
import { isFromOwnPage, sessionOf } from './access.ts';
import { holderOfToken } from './approver-token.ts';
import type { Sessions } from './sessions.ts';

/** A header that a page of another origin can send only after a CORS preflight, which is never answered. */
export const APPROVER_HEADER = 'x-vgac-approver';

const Answered = z.object({ statusCode: z.number().int().min(200).max(599), body: z.string() });

const MOST_BYTES = 8 * 1024;

/** Who answers, and where; recorded in the audit. */
interface Approver {
  readonly person: string;
  readonly via: 'console' | 'cli';
}

export interface AnswerDesk {
  /** Signs the tokens of the command line. */
  readonly approverKey: Buffer;
  /** Passes this person's answer to the function that decides. @returns its response unchanged: status and JSON */
  answer(approver: Approver, body: string): Promise<{ status: number; reply: AnswerReply }>;
}

/**
 * Answers to approvals from the page and the command line. Who answers is whom the session belongs to, or whom the token of
 * the command line names; a session counts only in a request that says that it comes from this page.
 */
export function answerRoutes(sessions: Sessions, desk: () => AnswerDesk | null, now: () => Date): Hono {
  const app = new Hono();
  const approverOf = (context: Context, { approverKey }: AnswerDesk): Approver | null => {
    const token = context.req.header(APPROVER_HEADER);
    if (token !== undefined) {
      const person = holderOfToken(approverKey, token, 'answer', now())?.person ?? null;
      return person === null ? null : { person, via: 'cli' };
    }
    const person = isFromOwnPage(context) ? (sessionOf(context, sessions)?.person ?? null) : null;
    return person === null ? null : { person, via: 'console' };
  };
  app.post('/answer', bodyLimit({ maxSize: MOST_BYTES }), async (context) => {
    context.header('cache-control', 'no-store');
    const current = desk();
    const who = current === null ? null : approverOf(context, current);
    if (current === null || who === null) {
      return refused(
        context,
        401,
        `Nobody is signed in to answer here: ${command('sign-in --as YOUR_SLACK_ID')} prints a link.`,
      );
    }
    if (context.req.header('content-type')?.split(';')[0] !== 'application/json') {
      return refused(context, 415, 'Send JSON.');
    }
    const { status, reply } = await current.answer(who, await context.req.text());
    return new Response(JSON.stringify(reply), {
      status,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    });
  });
  return app;
}

function refused(context: Context, status: 401 | 415, message: string): Response {
  const reply: AnswerReply = { outcome: 'refused', message };
  return context.json(reply, status);
}

/** Invokes the function behind the IAM route on AWS, with the identity that this console verified in place of IAM. */
export function answerBy(host: Pick<FunctionHost, 'invoke'>, functionName: string): AnswerDesk['answer'] {
  return async ({ person, via }, body) => {
    const authorizer: Authorizer = { lambda: { person, via } };
    const path = '/approvals/answer';
    const event = {
      version: '2.0',
      routeKey: `POST ${path}`,
      rawPath: path,
      rawQueryString: '',
      headers: { 'content-type': 'application/json' },
      requestContext: { http: { method: 'POST', path }, authorizer },
      body,
      isBase64Encoded: false,
    };
    const answer: unknown = JSON.parse(await host.invoke(functionName, JSON.stringify(event)));
    const { statusCode, body: text } = Answered.parse(answer);
    return { status: statusCode, reply: AnswerReply.parse(JSON.parse(text)) };
  };
}
