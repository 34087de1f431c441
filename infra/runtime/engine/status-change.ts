import { Json } from './json.ts';
import type { ExecutionSummary } from './scope.ts';

/** EventBridge omits the data when input and output together are larger than this many bytes. */
const DATA_LIMIT_BYTES = 248 * 1024;

/**
 * Detail of EventBridge's "Step Functions Execution Status Change", field by field as AWS sends it: times in epoch
 * milliseconds, JSON as text, null for omitted data.
 */
export function statusChange(summary: ExecutionSummary) {
  const { executionArn, stateMachineArn, name, status, startDate } = summary;
  const input = JSON.stringify(summary.input);
  const output = summary.output === undefined ? null : JSON.stringify(summary.output);
  const included = Buffer.byteLength(input) + Buffer.byteLength(output ?? '') <= DATA_LIMIT_BYTES;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate,
    stopDate: summary.stopDate ?? null,
    input: included ? input : null,
    output: included ? output : null,
    inputDetails: { included },
    outputDetails: output === null ? null : { included },
    error: summary.error ?? null,
    cause: summary.cause ?? null,
  };
}

/** Of an execution that is not running, and has not told how it ended. */
export function lostChange(executionArn: string, input: string, { now, cause }: { now: number; cause: string }) {
  const [name = '', ...machine] = executionArn.split(':').reverse();
  return statusChange({
    executionArn,
    stateMachineArn: machine.reverse().join(':').replace(':execution:', ':stateMachine:'),
    name,
    status: 'FAILED',
    startDate: now,
    stopDate: now,
    input: Json.parse(JSON.parse(input)),
    error: 'Execution.Lost',
    cause,
  });
}
export type StatusChange = ReturnType<typeof statusChange>;
