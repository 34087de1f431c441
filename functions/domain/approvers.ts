import type { ClusterConfig } from '../../schemas/config.ts';
import type { AnsweredIn } from '../../schemas/items/approval.ts';
import { SlackUserId } from '../../schemas/ports/slack.ts';
import type { TierName } from '../../schemas/primitives.ts';

export type MayApprove = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Whether this Slack user may answer an approval of this tier (DESIGN.md section 4): configured for cluster and tier, not
 * the job's own user, and the job's user known in Slack, since otherwise approving one's own job cannot be ruled out.
 *
 * @param question.user the job's user as named by the cluster, if it names one
 */
export function mayApprove(question: {
  config: Pick<ClusterConfig, 'approvers' | 'users' | 'allowUnmappedUsers'>;
  tier: TierName;
  user: string | undefined;
  slackUserId: string;
}): MayApprove {
  const { config, tier, user, slackUserId } = question;
  if (tier !== 'suggest' && tier !== 'gate') return refused(`nobody is asked about tier ${tier}`);
  if (!config.approvers[tier].includes(slackUserId)) {
    return refused(`you are not among the approvers of tier ${tier} on this cluster`);
  }
  const owner = user !== undefined && Object.hasOwn(config.users, user) ? config.users[user] : undefined;
  if (owner === slackUserId) return refused('this is your own job; someone else has to approve it');
  if (owner === undefined && !config.allowUnmappedUsers) {
    return refused("the job's user has no Slack id in the configuration, so its own approval cannot be ruled out");
  }
  return { ok: true };
}

/**
 * Whether this Slack user may freeze the cluster and lift a freeze: whoever may approve anything on it, for this is about the whole
 * cluster and not about one job.
 */
export function mayFreeze({ approvers }: Pick<ClusterConfig, 'approvers'>, slackUserId: string): MayApprove {
  if (approvers.suggest.includes(slackUserId) || approvers.gate.includes(slackUserId)) return { ok: true };
  return refused('you are not among the approvers of this cluster');
}

/** Who answers, and how they proved it: Slack's signature, the access key of the local home, or IAM. */
export interface Answerer {
  kind: AnsweredIn;
  /** A Slack user id; outside Slack also a name or ARN that the cluster's configuration maps to one. */
  id: string;
}

/**
 * The Slack user id of a person wherever they answer, so that one list of approvers serves every channel.
 * Null for a name that the configuration maps to nobody.
 */
export function slackIdOf({ users }: Pick<ClusterConfig, 'users'>, { kind, id }: Answerer): string | null {
  // Checked first: a cluster's user name may look like somebody's Slack id.
  if (kind === 'slack' || SlackUserId.safeParse(id).success) return id;
  return Object.hasOwn(users, id) ? (users[id] ?? null) : null;
}

function refused(reason: string): MayApprove {
  return { ok: false, reason };
}
