import * as z from 'zod';
import type { Service } from '../access/calls.ts';
import { operation, page } from '../access/operation.ts';
import { busNameOf } from '../assembly/resources.ts';
import { AwsError } from '../aws-error.ts';
import { type Bus, PutEventsEntry } from '../bus/bus.ts';

const Listed = z.strictObject({
  EventBusName: z.string().default('default').transform(busNameOf),
  Limit: z.int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});
type Listed = z.infer<typeof Listed>;

/** EventBridge on the wire: PutEvents, and listing rules and targets. */
export function eventBridge({ buses, rules, putEvents }: Bus): Service {
  const missing = (what: string) => new AwsError('ResourceNotFoundException', `${what} does not exist.`);
  const rulesOf = (bus: string) => {
    if (!buses.some(({ name }) => name === bus)) throw missing(`Event bus ${bus}`);
    return rules.filter(({ busName }) => busName === bus);
  };
  const pageOf = <T>(items: readonly T[], list: string, keyOf: (item: T) => string, { Limit, NextToken }: Listed) =>
    page(items, list, keyOf, { maxResults: Limit, nextToken: NextToken }, { errorType: 'ValidationException' });
  return {
    PutEvents: operation(z.strictObject({ Entries: z.array(PutEventsEntry) }), ({ Entries }) => putEvents(Entries)),
    ListRules: operation(Listed.extend({ NamePrefix: z.string().default('') }), ({ NamePrefix, ...asked }) => {
      const found = rulesOf(asked.EventBusName).filter(({ name }) => name.startsWith(NamePrefix));
      const { items, nextToken: NextToken } = pageOf(found, `rules ${NamePrefix}`, ({ arn }) => arn, asked);
      const Rules = items.map(({ name, arn, busName, enabled, patternJson, schedule }) => ({
        Name: name,
        Arn: arn,
        EventBusName: busName,
        State: enabled ? 'ENABLED' : 'DISABLED',
        EventPattern: patternJson ?? undefined,
        ScheduleExpression: schedule?.expression,
      }));
      return { Rules, NextToken };
    }),
    ListTargetsByRule: operation(Listed.extend({ Rule: z.string() }), ({ Rule, ...asked }) => {
      const rule = rulesOf(asked.EventBusName).find(({ name }) => name === Rule);
      if (rule === undefined) throw missing(`Rule ${Rule}`);
      // Two targets may be the same machine.
      const { items, nextToken: NextToken } = pageOf(rule.targets, `targets ${rule.arn}`, ({ id }) => id, asked);
      const Targets = items.map(({ id, arn, roleArn, constant, retry, deadLetterArn }) => ({
        Id: id,
        Arn: arn,
        RoleArn: roleArn ?? undefined,
        Input: constant ?? undefined,
        RetryPolicy: { MaximumRetryAttempts: retry.attempts, MaximumEventAgeInSeconds: retry.maxAgeSeconds },
        DeadLetterConfig: deadLetterArn === null ? undefined : { Arn: deadLetterArn },
      }));
      return { Targets, NextToken };
    }),
  };
}
