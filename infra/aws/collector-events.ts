import { Stack } from 'aws-cdk-lib';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { COLLECTOR_SOURCE } from '../../schemas/events/collector.ts';
import type { SystemConfig } from './config.ts';

/**
 * Matches collector events of these types, put from an account in which a configured collector runs.
 * EventBridge stamps an event with the account of whoever put it, so the accounts follow from the collectors' roles;
 * on one machine there are none, and the account is its own.
 */
export function collectorEvents(scope: Construct, config: SystemConfig, detailType: string[]): EventPattern {
  const accounts = config.collectorPrincipals.map((arn) => arn.split(':')[4] ?? '');
  const account = accounts.length > 0 ? [...new Set(accounts)] : [Stack.of(scope).account];
  return { source: [COLLECTOR_SOURCE], account, detailType };
}
