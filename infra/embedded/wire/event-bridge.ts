import * as z from 'zod';
import { busNameOf } from '../assembly/resources.ts';
import { type Bus, PutEventsEntry } from '../bus/bus.ts';
import { AwsError } from './aws-error.ts';
import { page, parseInput } from './input.ts';
import type { Service } from './server.ts';

const PutEvents = z.object({ Entries: z.array(PutEventsEntry) });
const Listed = z.strictObject({
  EventBusName: z.string().default('default'),
  Limit: z.number().int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});
const ListRules = Listed.extend({ NamePrefix: z.string().default('') });
const ListTargets = Listed.extend({ Rule: z.string() });

/** EventBridge on the wire: PutEvents, and a look at buses, rules and targets. */
export function eventBridge(bus: Bus): Service {
  const rulesOf = (nameOrArn: string) => {
    const name = busNameOf(nameOrArn);
    if (!bus.buses.some((known) => known.name === name)) {
      throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
    }
    return bus.rules.filter(({ busName }) => busName === name);
  };
  const pageOf = <T>(
    all: readonly T[],
    list: string,
    keyOf: (item: T) => string,
    { Limit, NextToken }: { Limit: number; NextToken?: string | undefined },
  ) => {
    const asked = { max: Limit, token: NextToken, errorType: 'ValidationException' };
    const { items, nextToken } = page(all, list, keyOf, asked);
    return { items, more: nextToken === undefined ? {} : { NextToken: nextToken } };
  };
  return {
    PutEvents: (input) => bus.putEvents(parseInput(PutEvents, input).Entries),
    ListEventBuses: () => ({ EventBuses: bus.buses.map(({ name, arn }) => ({ Name: name, Arn: arn })) }),
    ListRules(input) {
      const { EventBusName, NamePrefix, ...asked } = parseInput(ListRules, input);
      const found = rulesOf(EventBusName).filter(({ name }) => name.startsWith(NamePrefix));
      const { items, more } = pageOf(found, `rules ${NamePrefix}`, ({ arn }) => arn, asked);
      return {
        ...more,
        Rules: items.map(({ name, arn, busName, enabled, patternJson, schedule }) => ({
          ...{ Name: name, Arn: arn, EventBusName: busName, State: enabled ? 'ENABLED' : 'DISABLED' },
          ...(patternJson === null ? {} : { EventPattern: patternJson }),
          ...(schedule === null ? {} : { ScheduleExpression: schedule.expression }),
        })),
      };
    },
    ListTargetsByRule(input) {
      const { EventBusName, Rule, ...asked } = parseInput(ListTargets, input);
      const rule = rulesOf(EventBusName).find(({ name }) => name === Rule);
      if (rule === undefined)
        throw new AwsError('ResourceNotFoundException', `Rule ${Rule} does not exist on EventBus ${EventBusName}.`);
      const { items, more } = pageOf(rule.targets, `targets ${rule.arn}`, ({ id }) => id, asked);
      return {
        ...more,
        Targets: items.map(({ id, arn, retry, deadLetterArn }) => ({
          ...{ Id: id, Arn: arn },
          RetryPolicy: { MaximumRetryAttempts: retry.attempts, MaximumEventAgeInSeconds: retry.maxAgeSeconds },
          ...(deadLetterArn === null ? {} : { DeadLetterConfig: { Arn: deadLetterArn } }),
        })),
      };
    },
  };
}
