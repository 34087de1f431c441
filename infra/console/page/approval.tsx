import { tierName } from '../../../functions/domain/thresholds.ts';
import type { ApprovalDetails } from '../views.ts';
import { useAnswering } from './answering.ts';
import { Actions } from './approval-actions.tsx';
import { Facts, questionOf } from './approval-facts.tsx';
import { Frozen, Said, SignIn } from './approvals.tsx';
import { useResource } from './data.ts';
import { ece, instant } from './format.ts';
import { Card, Empty, executionLink, Loading, PassedOverTiers, Reasons, StatusTag } from './pieces.tsx';

/** One approval: the question, all its evidence, and what has happened to its job so far. */
export function ApprovalPage({ id }: { id: string }) {
  const { data, missing, reload } = useResource<ApprovalDetails>(`/api/approvals/${encodeURIComponent(id)}`);
  const answering = useAnswering(reload);
  if (missing) return <Empty title="No such approval">It may belong to an earlier run.</Empty>;
  if (data === null) return <Loading />;
  const { approval, frozen, story } = data;
  const { evidence } = approval;
  return (
    <>
      <SignIn person={answering.person} />
      <Said answering={answering} />
      <Frozen frozen={frozen} />
      <section class="card hero">
        <header>
          <h1>
            {questionOf(approval)}
            <small>
              {approval.clusterId} · asked {instant(approval.requestedAt)} UTC
            </small>
          </h1>
          <StatusTag status={approval.status} />
        </header>
        <Facts approval={approval} />
        <Actions approval={approval} answering={answering} frozen={frozen} />
        {approval.execution !== null && (
          <p class="facts">
            <a href={executionLink(approval.execution)}>Open the execution</a>
          </p>
        )}
      </section>
      <Card title="Evidence, as it was pinned when this was asked">
        {approval.passedOver.length > 0 ? (
          <PassedOverTiers passedOver={approval.passedOver} />
        ) : (
          <Reasons reasons={approval.reasons} />
        )}
        <p class="facts">
          ECE {ece(evidence.ece)} [{ece(evidence.eceLower)}, {ece(evidence.eceUpper)}], n {evidence.n}, a perfect model
          shows {ece(evidence.nullMean)} · drift {evidence.drift} · epoch {evidence.epoch}, fold {evidence.version} ·
          earned tier {tierName(evidence.earnedTier)} · “{approval.statement}”
        </p>
        {approval.argumentsHash !== null && (
          <p class="facts">
            arguments <code>{approval.argumentsHash.slice(0, 16)}</code>: if they change, the approval is void
          </p>
        )}
      </Card>
      <Card title="What happened" aside={<small>{story.length} records</small>}>
        <ol class="story">
          {story.map(({ at, who, what, why }, index) => (
            <li key={index}>
              <time>{instant(at)}</time>
              <b>{who}</b>
              <span>
                {what}
                {why !== null && <small>{why}</small>}
              </span>
            </li>
          ))}
        </ol>
      </Card>
    </>
  );
}
