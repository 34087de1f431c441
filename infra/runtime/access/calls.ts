import { channel } from 'node:diagnostics_channel';
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
  /** Where its changes are kept: none is answered, nor shown, before it would survive a kill -9. */
  readonly journal?: Journal;
}

/** What a caller is answered: HTTP status and JSON. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Answers a call of a known caller. Never rejects.
 * @param who ARN of a function; null is the human at this machine, who may do everything
 * @param target as in `x-amz-target`
 * @param body JSON
 */
export type Call = (who: string | null, target: string, body: string) => Promise<Answer>;

/** Told the `target` of every call, for whoever counts them. */
const CALLS = channel('embedded.aws-call');
const READS = /^(Describe|Get|List)/;

/**
 * The AWS services of this machine.
 * @param services by the prefix of `x-amz-target`
 * @param report told of faults of our own, never of what a caller sent
 */
export function createCalls(
  services: Readonly<Record<string, Served>>,
  { authorize, report }: { authorize: Authorize; report: (message: string) => void },
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
    const input = parseJson(body);
    if (who !== null) authorize(who, service.name, operation, input);
    const { journal } = service;
    if (journal === undefined) return run(input);
    const looks = READS.test(operation);
    if (!looks && !journal.accepts()) throw diskFull();
    const answered = Promise.try(run, input);
    // A refusal too tells what is, e.g. that a task has been answered already.
    await answered.catch(() => undefined);
    if (!(await journal.promised()) && !looks) throw diskFull();
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

/** While the disk is full nothing new is taken, in AWS's way, so that clients come back; looking is allowed. */
export function diskFull(): AwsError {
  const words = 'The journal cannot be written, the disk may be full: nothing new is accepted until it can.';
  return new AwsError('ServiceUnavailable', words, 503);
}

/** Puts an error into AWS's form. What is no refusal is a fault of our own: it is reported, and the caller told so. */
export function refusalOf(asked: string, error: unknown, report: (message: string) => void): Answer {
  const { type, status, message, extra, cause } = asAwsError(error);
  if (status >= 500 && cause !== undefined) {
    report(`${asked} failed: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
  }
  return { status, text: JSON.stringify({ __type: type, message, ...extra }) };
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof Refusal) return new AwsError(error.name, error.message);
  return new AwsError('InternalFailure', 'Internal Server Error', 500, { cause: error });
}

function parseJson(body: string): unknown {
  try {
    return body === '' ? {} : JSON.parse(body);
  } catch (cause) {
    throw new AwsError('SerializationException', 'the body is not JSON', 400, { cause });
  }
}
