/** What the host hands to the thread of a function: its module, once. */
export interface WorkerData {
  readonly module: string;
  readonly exportName: string;
}

/** One invocation. Events and results travel as JSON text, so that a handler sees what it would see on AWS. */
export interface Invocation {
  readonly kind: 'invoke';
  /** Number of the invocation in its thread: several run at once. */
  readonly id: number;
  readonly requestId: string;
  readonly event: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  /** Wall-clock epoch ms at which the thread will be ended. */
  readonly deadline: number;
  /** Time of the embedded clock, epoch ms. */
  readonly embeddedNow: number;
}

export interface FunctionFault {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What a service of this machine answered to a call of the thread. */
export interface ServiceAnswer {
  readonly kind: 'answer';
  /** Number of the call in its thread. */
  readonly id: number;
  readonly status: number;
  /** Name of the error, null where there is none. */
  readonly errorType: string | null;
  /** JSON. */
  readonly text: string;
}

export type ToWorker = Invocation | ServiceAnswer;

export type FromWorker =
  /** A call of a service: `target` as in `x-amz-target`, `body` JSON. */
  | { readonly kind: 'call'; readonly id: number; readonly target: string; readonly body: string }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly id: number; readonly json: string }
  | { readonly kind: 'fault'; readonly id: number; readonly fault: FunctionFault };
