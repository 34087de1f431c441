import { type Context, compileConditions } from './condition.ts';
import { arnGlob, glob } from './glob.ts';
import type { Statement } from './statement.ts';

/** One thing a call wants to do: calls on several resources want several. */
export interface AccessRequest {
  /** e.g. `dynamodb:GetItem`. */
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export type Verdict = 'allowed' | 'denied' | 'not allowed';
export type Policy = (request: AccessRequest) => Verdict;

interface Compiled {
  readonly deny: boolean;
  readonly action: (action: string) => boolean;
  readonly applies: (request: AccessRequest) => boolean;
}

/**
 * Compiles the statements of one role: a Deny that applies wins, then an Allow that applies, else it is not allowed.
 * What concerns an action is looked up once and kept: a request costs one comparison or two.
 * @throws UnsupportedCondition
 */
export function compilePolicy(statements: readonly Statement[]): Policy {
  const compiled = statements.map(compile);
  const byAction = new Map<string, readonly Compiled[]>();
  const concerning = (action: string) => {
    const known = byAction.get(action);
    if (known !== undefined) return known;
    const found = compiled.filter((statement) => statement.action(action.toLowerCase()));
    byAction.set(action, found);
    return found;
  };
  return (request) => {
    let allowed = false;
    for (const statement of concerning(request.action)) {
      if ((statement.deny || !allowed) && statement.applies(request)) {
        if (statement.deny) return 'denied';
        allowed = true;
      }
    }
    return allowed ? 'allowed' : 'not allowed';
  };
}

function compile({ Effect, Action, NotAction, Resource, NotResource, Condition }: Statement): Compiled {
  const actions = (Action ?? NotAction ?? []).map((pattern) => glob(pattern.toLowerCase()));
  const resources = (Resource ?? NotResource ?? []).map(arnGlob);
  const conditions = compileConditions(Condition);
  return {
    deny: Effect === 'Deny',
    action: (action) => actions.some((matches) => matches(action)) === (Action !== undefined),
    applies: ({ resource, context }) =>
      resources.some((matches) => matches(resource)) === (Resource !== undefined) && conditions(context),
  };
}
