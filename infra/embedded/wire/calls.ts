import { channel } from 'node:diagnostics_channel';
import type { Authorize } from '../access/authorize.ts';
import { AwsError } from './aws-error.ts';

/** Operations of one service by name; each parses its own input. */
export type Service = Readonly<Record<string, (input: unknown) => unknown>>;

/** AWS services by the prefix of `x-amz-target`; `name` as in the names of actions, e.g. `dynamodb`. */
export type Services = Readonly<Record<string, { readonly name: string; readonly operations: Service }>>;

/** What a caller is answered; `text` is JSON. */
export interface Answer {
  readonly status: number;
  /** Name of the error, null where there is none. */
  readonly errorType: string | null;
  readonly text: string;
}

/** A refusal outside of AWS's protocol. */
export class Refused extends Error {
  override readonly name = 'Refused' as const;
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Told the `target` of every call, for whoever counts them. */
const CALLS = channel('embedded.aws-call');

/**
 * Runs one operation for a caller who is known already.
 * @param authorize null where everything is allowed: the human at this machine
 * @throws AwsError as the service would
 */
export async function callService(
  services: Services,
  target: string,
  body: string,
  authorize: Authorize | null,
): Promise<unknown> {
  CALLS.publish(target);
  const [prefix = '', operation = ''] = target.split('.');
  const service = Object.hasOwn(services, prefix) ? services[prefix] : undefined;
  const run = service && Object.hasOwn(service.operations, operation) ? service.operations[operation] : undefined;
  if (service === undefined || run === undefined)
    throw new AwsError('UnknownOperationException', `${target} is not supported on one machine`);
  const input = parseJson(body);
  authorize?.(service.name, operation, input);
  return (await run(input)) ?? {};
}

/**
 * Puts what became of a call into AWS's form.
 * @param report told of faults of our own, never of what a caller sent
 * @throws Refused as `call` does
 */
export async function answerOf(
  target: string,
  call: () => Promise<unknown>,
  report: (message: string) => void,
): Promise<Answer> {
  try {
    return { status: 200, errorType: null, text: JSON.stringify(await call()) };
  } catch (error) {
    if (error instanceof Refused) throw error;
    const fault =
      error instanceof AwsError ? error : new AwsError('InternalFailure', 'internal failure', 500, { cause: error });
    if (fault.status >= 500) report(`${target} failed: ${describe(fault.cause ?? fault)}`);
    const text = JSON.stringify({ __type: fault.type, message: fault.message, ...fault.extra });
    return { status: fault.status, errorType: fault.type, text };
  }
}

function parseJson(body: string): unknown {
  try {
    return body === '' ? {} : JSON.parse(body);
  } catch (cause) {
    throw new AwsError('SerializationException', 'the body is not JSON', 400, { cause });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
