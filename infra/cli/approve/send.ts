import { defaultProvider } from '@aws-sdk/credential-provider-node';
import * as z from 'zod';
import { visible } from '../../../functions/domain/visible.ts';
import { AnswerReply, type AnswerRequest } from '../../../schemas/ports/answer.ts';
import { APPROVER_HEADER } from '../../console/answers.ts';
import { issueToken } from '../../console/approver-token.ts';
import { Refused } from '../refused.ts';
import { signedHeaders } from './signed-headers.ts';

/** A token of the command line is used at once. */
const TOKEN_MS = 60_000;
/** The gateway itself gives up after 30 seconds. */
const PATIENCE_MS = 35_000;
/** Of the words of a gateway no more than this is repeated. */
const QUOTED_CHARACTERS = 300;

/** Nothing was answered. The message says why, and what to do. */
export class NotAnswered extends Refused {
  override name = 'NotAnswered' as const;
}

/** Where an answer goes, and what proves who gives it. */
export type Desk =
  /** The API on AWS, signed with the caller's own credentials: who answers is who IAM says. */
  | { readonly kind: 'aws'; readonly url: URL }
  /**
   * The console of this machine, with a token that only somebody who can read its data folder can make: who answers is who is
   * named, on the word of the owner of this machine.
   */
  | { readonly kind: 'console'; readonly url: URL; readonly person: string; readonly key: Buffer };

/** Sends an answer to the function that decides. @throws NotAnswered */
export async function send(request: AnswerRequest, desk: Desk): Promise<AnswerReply> {
  const { url } = desk;
  const body = JSON.stringify(request);
  const headers = await headersOf(desk, body);
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

async function headersOf(desk: Desk, body: string): Promise<Record<string, string>> {
  if (desk.kind === 'aws') return awsHeaders(desk.url, body);
  const { key, person } = desk;
  const token = issueToken(key, { person, use: 'answer' }, new Date(Date.now() + TOKEN_MS));
  return { 'content-type': 'application/json', [APPROVER_HEADER]: token };
}

async function awsHeaders(url: URL, body: string): Promise<Record<string, string>> {
  return signedHeaders(url, body, defaultProvider(), new Date()).catch((cause: unknown) => {
    if (cause instanceof Refused || !(cause instanceof Error)) throw cause;
    throw new NotAnswered(
      `The request to ${url.origin} cannot be signed: ${cause.message} Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
      { cause },
    );
  });
}

const GatewaySays = z.object({ message: z.string() });

/** What API Gateway means, in words that say what to do; its own words too, since expired and missing look alike. */
export function whyNot({ origin }: URL, status: number, json: unknown): string {
  const said = GatewaySays.safeParse(json).data?.message;
  const quoted = said === undefined ? '' : ` It says: ${visible(said).slice(0, QUOTED_CHARACTERS)}`;
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
