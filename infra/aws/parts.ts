import type { SystemConfig } from './config.ts';
import type { HandlerFunction } from './constructs/handler-function.ts';
import type { HandlerName } from './handlers.ts';
import type { StatefulStack } from './stateful-stack.ts';

/** What every capability is built from. */
export interface Parts {
  config: SystemConfig;
  stateful: StatefulStack;
  functions: Readonly<Record<HandlerName, HandlerFunction>>;
}
