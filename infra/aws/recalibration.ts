import type { Construct } from 'constructs';
import { emitOn } from './constructs/handler-function.ts';
import { Workflow } from './constructs/workflow.ts';
import { inFolder } from './handlers.ts';
import type { Parts } from './parts.ts';

/**
 * Fits, evaluates, promotes and rolls back refits of the built-in forecast; drift-monitor starts it for one cluster
 * at a time.
 */
export function recalibration(scope: Construct, { stateful, functions }: Parts): Workflow {
  return new Workflow(scope, 'Recalibration', {
    functions: inFolder('recalibration', functions),
    services: { EventBusName: { value: stateful.bus.eventBusName, permission: emitOn(stateful.bus) } },
  });
}
