import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { DriftNotices, DriftStanding } from '../../domain/drift-report.ts';
import { calibrationKey } from './calibration.ts';
import { conditionally, type Table } from './table.ts';

/** A claim this old without a sent notice passes to the next run: the claiming run died, or Slack was down. */
const CLAIM_MS = 240_000;

const stillSays = (name: string, value: string) =>
  `(${name} = ${value} OR (${value} = :none AND attribute_not_exists(${name})))`;

/**
 * Lets one run of the monitor notify people of changed drift; a retry of that run may notify them again.
 * @param notices as the run read them: a run that has sent something since has sent this too
 * @param run name of the monitor's execution
 * @returns false if another run is notifying them, or has done so
 */
export async function claimDriftNews(
  table: Table,
  clusterId: string,
  { announced, heard }: DriftNotices,
  run: string,
  now: Date,
): Promise<boolean> {
  const standing = [
    stillSays('drift_band', ':band'),
    stillSays('drift_alarm', ':alarm'),
    stillSays('heard_band', ':heardBand'),
    stillSays('heard_alarm', ':heardAlarm'),
  ];
  const unclaimed = 'attribute_not_exists(drift_run) OR drift_run = :run OR drift_claimed_at < :dead';
  return conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'SET drift_run = :run, drift_claimed_at = :now',
        ConditionExpression: `attribute_exists(PK) AND ${standing.join(' AND ')} AND (${unclaimed})`,
        ExpressionAttributeValues: {
          ':band': announced.band,
          ':alarm': announced.alarm,
          ':none': 'none',
          ':heardBand': heard.band,
          ':heardAlarm': heard.alarm,
          ':run': run,
          ':now': now.toISOString(),
          ':dead': new Date(now.getTime() - CLAIM_MS).toISOString(),
        },
      }),
    ),
  );
}

/** Records that the change was published. Harmless if repeated, or if a later run has taken over. */
export async function saveAnnounced(table: Table, clusterId: string, to: DriftStanding, run: string): Promise<void> {
  await note(table, clusterId, 'SET drift_band = :band, drift_alarm = :alarm', to, run);
}

/** Records that people were notified in Slack, and releases the claim. Harmless as above. */
export async function saveHeard(table: Table, clusterId: string, to: DriftStanding, run: string): Promise<void> {
  const heard = 'SET heard_band = :band, heard_alarm = :alarm REMOVE drift_run, drift_claimed_at';
  await note(table, clusterId, heard, to, run);
}

async function note(table: Table, clusterId: string, what: string, to: DriftStanding, run: string): Promise<void> {
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: what,
        ConditionExpression: 'drift_run = :run',
        ExpressionAttributeValues: { ':band': to.band, ':alarm': to.alarm, ':run': run },
      }),
    ),
  );
}
