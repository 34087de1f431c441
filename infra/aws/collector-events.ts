import { Stack } from 'aws-cdk-lib';
import { type EventPattern, Match } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { COLLECTOR_SOURCE, NAMED_SOURCES } from '../../schemas/events/collector.ts';
import type { SystemConfig } from './config.ts';

/** The plain source, and those of named collectors. */
export const collectorSources = (): string[] => Match.anyOf(COLLECTOR_SOURCE, Match.prefix(NAMED_SOURCES));

/**
 * Matches collector events of these types, put from the account of a configured collector. EventBridge stamps an
 * event with the account of its sender, so the accounts follow from the collectors' roles; on one machine there are
 * none, and the account is the machine's own.
 */
export function collectorEvents(scope: Construct, config: SystemConfig, detailType: string[]): EventPattern {
  const accounts = config.collectorPrincipals.map(({ arn }) => arn.split(':')[4] ?? '');
  const account = accounts.length > 0 ? [...new Set(accounts)] : [Stack.of(scope).account];
  return { source: collectorSources(), account, detailType };
}
