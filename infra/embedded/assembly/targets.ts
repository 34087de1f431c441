import type { RuleTarget } from './properties.ts';
import type { TargetInput, TargetSpec } from './specs.ts';
import { UnsupportedAssembly } from './unsupported-assembly.ts';

/**
 * Reads one target of a rule.
 * @throws UnsupportedAssembly on an input that is not a constant, a plain path, or a template of plain paths
 */
export function targetSpec(target: RuleTarget, where: string): TargetSpec {
  return {
    id: target.Id,
    arn: target.Arn,
    input: targetInput(target, where),
    retry: {
      attempts: target.RetryPolicy.MaximumRetryAttempts,
      maxAgeSeconds: target.RetryPolicy.MaximumEventAgeInSeconds,
    },
    deadLetterArn: target.DeadLetterConfig?.Arn ?? null,
  };
}

function targetInput(target: RuleTarget, where: string): TargetInput {
  if (target.Input !== undefined) return { kind: 'constant', json: target.Input };
  if (target.InputTransformer !== undefined) {
    const { InputPathsMap, InputTemplate } = target.InputTransformer;
    const paths = Object.entries(InputPathsMap).map(([name, path]): [string, string[]] => [
      name,
      plainPath(path, where),
    ]);
    return { kind: 'template', paths: new Map(paths), template: InputTemplate };
  }
  if (target.InputPath !== undefined && target.InputPath !== '$')
    return { kind: 'path', path: plainPath(target.InputPath, where) };
  return { kind: 'event' };
}

/** `$.detail.jobId` and `$.detail-type` -> keys. */
function plainPath(path: string, where: string): string[] {
  if (path === '$') return [];
  if (!/^\$(\.[\w-]+)+$/.test(path)) throw new UnsupportedAssembly([`${where}: path ${path} is not a plain path`]);
  return path.slice(2).split('.');
}
