import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Environment } from './settings.ts';

type SchedulerConfig = Pick<ClusterConfig, 'clusterId' | 'dryRun' | 'scheduler'>;

export const STAND_IN_FLAG = '--slack-stand-in';

/** Said in red, on the terminal and on the pages, where the stand-in was asked for by name. */
export const STAND_IN_WARNING =
  'The Slack stand-in is on beside real schedulers: whoever signs in here as the owner of this machine can approve as anybody, and it is carried out.';

export const usesSlackStandIn = ({ SLACK_API_BASE_URL }: Environment): boolean => !SLACK_API_BASE_URL;

/**
 * Clusters on which an approval in the Slack stand-in would change something real: not in dry run, and with a scheduler that
 * is not the simulator of this start.
 */
export function realSchedulers(clusters: readonly SchedulerConfig[], simulatorUrl: string): string[] {
  return clusters
    .filter(({ dryRun, scheduler }) => !dryRun && scheduler.kind !== 'none' && !isAt(scheduler.endpoint, simulatorUrl))
    .map(({ clusterId }) => clusterId);
}

/** Why the stand-in does not run beside these clusters; null where it may. */
export function standInRefusal(real: readonly string[]): string | null {
  const [first, ...others] = real;
  if (first === undefined) return null;
  const which =
    others.length === 0
      ? `Cluster ${first} has`
      : `Clusters ${real.slice(0, 3).join(', ')}${others.length > 2 ? ', ...' : ''} have`;
  return `${which} a real scheduler, and in the Slack stand-in one person approves as anybody: set SLACK_API_BASE_URL and SLACK_BOT_TOKEN for your Slack, switch dryRun on, or ask for the stand-in by name with ${STAND_IN_FLAG}.`;
}

function isAt(endpoint: string | undefined, simulatorUrl: string): boolean {
  if (endpoint === undefined) return false;
  const [given, ours] = [new URL(endpoint), new URL(simulatorUrl)];
  const isBelow = given.pathname === ours.pathname || given.pathname.startsWith(`${ours.pathname}/`);
  return given.origin === ours.origin && isBelow;
}
