import { channel } from 'node:diagnostics_channel';
import { parseJson } from '../../../schemas/parse-json.ts';
import { AwsError } from '../aws-error.ts';
import { Refusal } from '../engine/errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { Authorize } from './authorize.ts';

type Operation = (input: unknown) => unknown;
/** Operations of one service by name; each parses its own input. */
export type Service = Readonly<Record<string, Operation>>;

interface Served {
  /** As in the names of actions, e.g. `dynamodb`. */
  readonly name: string;
  readonly operations: Service;
  /** Journal of its changes: no change is acknowledged or shown before it would survive a kill -9. */
  readonly journal?: Journal;
}

/** The response to a caller: HTTP status and JSON body. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Answers a call of a known caller. Never rejects.
 * @param who ARN of a function, or of the user of an access key; null for the operator of this machine, who may do anything
 * @param target as in `x-amz-target`
 * @param body JSON
 */
export type Call = (who: string | null, target: string, body: string) => Promise<Answer>;

/** Publishes the `target` of every call, so that calls can be counted. */
const CALLS = channel('embedded.aws-call');
const READS = /^(Describe|Get|List)/;

interface CallsOptions {
  readonly authorize: Authorize;
  readonly report: (message: string) => void;
  /** Throws while nothing new is taken from outside. */
  readonly refuseNew: () => void;
}

/**
 * The AWS services of this machine.
 * @param services by the prefix of `x-amz-target`
 * @param report receives our own failures, never a caller's
 */
export function createCalls(
  services: Readonly<Record<string, Served>>,
  { authorize, report, refuseNew }: CallsOptions,
): Call {
  const targets = new Map<string, { service: Served; operation: string; run: Operation }>();
  for (const [prefix, service] of Object.entries(services)) {
    for (const [operation, run] of Object.entries(service.operations)) {
      targets.set(`${prefix}.${operation}`, { service, operation, run });
    }
  }
  const answer = async (who: string | null, target: string, body: string): Promise<unknown> => {
    CALLS.publish(target);
    const known = targets.get(target);
    if (known === undefined) {
      throw new AwsError('UnknownOperationException', `${target} is not supported on one machine`);
    }
    const { service, operation, run } = known;
    const input = bodyOf(body);
    if (who !== null) authorize(who, service.name, operation, input);
    else if (!READS.test(operation)) refuseNew();
    const { journal } = service;
    if (journal === undefined) return run(input);
    const isRead = READS.test(operation);
    if (!isRead && !journal.accepts()) throw diskFull();
    const answered = Promise.try(run, input);
    // A refusal reveals state too, e.g. that a task has already been answered, so it also waits for the journal.
    await answered.catch(() => undefined);
    if (!(await journal.promised()) && !isRead) throw diskFull();
    return answered;
  };
  return async (who, target, body) => {
    try {
      return { status: 200, text: JSON.stringify((await answer(who, target, body)) ?? {}) };
    } catch (error) {
      return refusalOf(target, error, report);
    }
  };
}

/** While the disk is full nothing new is accepted, with an error that AWS clients retry; reads still work. */
export function diskFull(): AwsError {
  const message = 'The journal cannot be written (the disk may be full). Nothing new is accepted until it can be.';
  return new AwsError('ServiceUnavailable', message, 503);
}

/**
 * Converts an error to AWS's response format. Anything but a refusal is our own failure: it is reported and answered
 * with a 500.
 */
export function refusalOf(request: string, error: unknown, report: (message: string) => void): Answer {
  const { type, status, message, extra, cause } = asAwsError(error);
  if (status >= 500 && cause !== undefined) {
    report(`${request} failed: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
  }
  return { status, text: JSON.stringify({ __type: type, message, ...extra }) };
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof Refusal) return new AwsError(error.name, error.message);
  return new AwsError('InternalFailure', 'Internal Server Error', 500, { cause: error });
}

function bodyOf(body: string): unknown {
  try {
    return body === '' ? {} : parseJson(body);
  } catch (cause) {
    throw new AwsError('SerializationException', 'the body is not JSON, or nested too deeply', 400, { cause });
  }
}
