import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod';
import { command } from '../../functions/domain/command.ts';
import { AnswerReply, type Authorizer } from '../../schemas/ports/answer.ts';
import type { FunctionHost } from '../runtime/functions/host.ts';
import type { Approver } from './approver-token.ts';

/** A header that a page of another origin can send only after a CORS preflight, which is never answered. */
export const APPROVER_HEADER = 'x-vgac-approver';

const Answered = z.object({ statusCode: z.number().int().min(200).max(599), body: z.string() });

const MOST_BYTES = 8 * 1024;

export interface AnswerDesk {
  /** The holder of a token; null if it is invalid. */
  approverOf(token: string): Approver | null;
  /** Passes this person's answer to the function that decides. @returns its response unchanged: status and JSON */
  answer(approver: Approver, body: string): Promise<{ status: number; reply: AnswerReply }>;
}

/**
 * Answers to approvals from the page and the command line. The token alone identifies who answers; it comes in its own
 * header, never in a cookie, so that nothing a browser does by itself can answer.
 */
export function answerRoutes(desk: () => AnswerDesk | null): Hono {
  const app = new Hono();
  const approver = (context: Context) => {
    const token = context.req.header(APPROVER_HEADER);
    return token === undefined ? null : (desk()?.approverOf(token) ?? null);
  };
  app.use(async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
  });
  app.get('/me', (context) => {
    const who = approver(context);
    return context.json({ person: who?.person ?? null }, who === null ? 401 : 200);
  });
  app.post('/answer', bodyLimit({ maxSize: MOST_BYTES }), async (context) => {
    const who = approver(context);
    const current = desk();
    if (current === null || who === null) {
      return refused(context, 401, `Your link is no longer valid: ${command('approve --link')} prints a new one.`);
    }
    if (context.req.header('content-type')?.split(';')[0] !== 'application/json') {
      return refused(context, 415, 'Send JSON.');
    }
    const { status, reply } = await current.answer(who, await context.req.text());
    return new Response(JSON.stringify(reply), { status, headers: { 'content-type': 'application/json' } });
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
