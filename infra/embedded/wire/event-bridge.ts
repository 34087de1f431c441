import * as z from 'zod';
import { busNameOf } from '../assembly/identity.ts';
import { type Bus, PutEventsEntry } from '../bus/bus.ts';
import { AwsError } from './aws-error.ts';
import { parseInput } from './input.ts';
import type { Service } from './server.ts';

const PutEvents = z.object({ Entries: z.array(PutEventsEntry) });
const ListRules = z.object({ EventBusName: z.string().default('default'), NamePrefix: z.string().default('') });
const ListTargets = z.object({ EventBusName: z.string().default('default'), Rule: z.string() });

/** EventBridge on the wire: PutEvents, and a look at buses, rules and targets. */
export function eventBridge(bus: Bus): Service {
  const rulesOf = (nameOrArn: string) => bus.rules.filter(({ busName }) => busName === busNameOf(nameOrArn));
  return {
    PutEvents: (input) => bus.putEvents(parseInput(PutEvents, input).Entries),
    ListEventBuses: () => ({ EventBuses: bus.buses.map(({ name, arn }) => ({ Name: name, Arn: arn })) }),
    ListRules(input) {
      const { EventBusName, NamePrefix } = parseInput(ListRules, input);
      const rules = rulesOf(EventBusName).filter(({ name }) => name.startsWith(NamePrefix));
      return {
        Rules: rules.map(({ name, arn, busName, enabled, patternJson, schedule }) => ({
          ...{ Name: name, Arn: arn, EventBusName: busName, State: enabled ? 'ENABLED' : 'DISABLED' },
          ...(patternJson === null ? {} : { EventPattern: patternJson }),
          ...(schedule === null ? {} : { ScheduleExpression: schedule }),
        })),
      };
    },
    ListTargetsByRule(input) {
      const { EventBusName, Rule } = parseInput(ListTargets, input);
      const rule = rulesOf(EventBusName).find(({ name }) => name === Rule);
      if (rule === undefined)
        throw new AwsError('ResourceNotFoundException', `Rule ${Rule} does not exist on EventBus ${EventBusName}.`);
      return {
        Targets: rule.targets.map(({ id, arn, retry, deadLetterArn }) => ({
          ...{ Id: id, Arn: arn },
          RetryPolicy: { MaximumRetryAttempts: retry.attempts, MaximumEventAgeInSeconds: retry.maxAgeSeconds },
          ...(deadLetterArn === null ? {} : { DeadLetterConfig: { Arn: deadLetterArn } }),
        })),
      };
    },
  };
}
