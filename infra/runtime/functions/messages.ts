import type { Answer } from '../access/calls.ts';
import type { FunctionSpec } from '../assembly/specs.ts';

/** What the host passes to a function's thread when it starts. */
export type WorkerData = Pick<FunctionSpec, 'module' | 'exportName' | 'name' | 'arn' | 'memoryMb'>;

/** Events and results travel as JSON text, so that a handler sees what it would see on AWS. */
export type ToWorker =
  | {
      readonly kind: 'invoke';
      /** Number of the invocation within its thread, which runs several at once. */
      readonly id: number;
      readonly requestId: string;
      readonly event: string;
      /** Wall-clock epoch ms at which the invocation times out. */
      readonly deadline: number;
      /** Time of the embedded clock, epoch ms. */
      readonly embeddedNow: number;
    }
  | ({ readonly kind: 'answer'; readonly id: number } & Answer);
export type Invocation = Extract<ToWorker, { kind: 'invoke' }>;

export interface FunctionFault {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

export type FromWorker =
  /** A call of a service: `target` as in `x-amz-target`, `body` JSON. */
  | { readonly kind: 'call'; readonly id: number; readonly target: string; readonly body: string }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly id: number; readonly json: string }
  | { readonly kind: 'fault'; readonly id: number; readonly fault: FunctionFault };
