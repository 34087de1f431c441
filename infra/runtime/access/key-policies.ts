import { sourceOf } from '../../../schemas/events/collector.ts';
import { CollectorName } from '../../../schemas/primitives.ts';
import { compilePolicy, type Policy } from '../assembly/policy.ts';

const COLLECTOR = /^collector(?:-(.+))?$/;

/** Looks at everything and changes nothing. Tokens of tasks are credentials, and so is what cannot be told from them. */
const READ = compilePolicy([
  {
    Effect: 'Allow',
    Action: [
      ...['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Describe*', 'dynamodb:ListTables'],
      ...['states:Describe*', 'states:List*', 'states:GetExecutionHistory', 'events:List*'],
    ],
    Resource: ['*'],
    Condition: {},
  },
  {
    Effect: 'Deny',
    Action: ['dynamodb:*'],
    Resource: ['*'],
    Condition: { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': ['TOKEN#*', ''] } },
  },
]);

const collects = (name: string | undefined) =>
  compilePolicy([
    {
      Effect: 'Allow',
      Action: ['events:PutEvents'],
      Resource: ['*'],
      Condition: { StringEquals: { 'events:source': [sourceOf(name)] } },
    },
  ]);

/**
 * What an access key of the data folder may do, by the name of its file: `read`, `collector` for the clusters that are bound to
 * no collector, and `collector-NAME`. Undefined for any other name. The operator's key may do everything and has no policy.
 */
export function policyOfKey(key: string): Policy | undefined {
  if (key === 'read') return READ;
  const [matched, name] = COLLECTOR.exec(key) ?? [];
  if (matched === undefined || (name !== undefined && !CollectorName.safeParse(name).success)) return undefined;
  return collects(name);
}
