import type { ApprovalView } from '../views.ts';
import { useResource } from './data.ts';
import { time } from './format.ts';
import { Card, Empty, executionLink, Loading, Reasons, StatusTag } from './pieces.tsx';

export function ApprovalCard({ approval }: { approval: ApprovalView }) {
  const question =
    approval.question === 'keep'
      ? `Keep the ${approval.action} on ${approval.jobId}?`
      : `May the agent ${approval.action} ${approval.jobId}${approval.target ? ` → ${approval.target}` : ''}?`;
  return (
    <article class="approval">
      <header>
        <strong>{question}</strong>
        <StatusTag status={approval.status} />
      </header>
      <p class="facts">
        {approval.clusterId} · {approval.tier} · asked {time(approval.requestedAt)} ·{' '}
        {approval.status === 'pending'
          ? `expires ${time(approval.expiresAt)}`
          : `answered by ${approval.decidedBy ?? 'nobody'}`}
      </p>
      <p>{approval.statement}</p>
      <Reasons reasons={approval.reasons} />
      <footer>
        {approval.status === 'pending' && approval.cardUrl !== null && (
          <a class="button" href={approval.cardUrl}>
            Answer in Slack
          </a>
        )}
        {approval.execution !== null && <a href={executionLink(approval.execution)}>Open the execution</a>}
      </footer>
    </article>
  );
}

export function ApprovalsPage() {
  const { data: approvals } = useResource<ApprovalView[]>('/api/approvals');
  if (approvals === null) return <Loading />;
  return (
    <Card title="Open approvals" aside={<small>{approvals.length} open</small>}>
      {approvals.length === 0 ? (
        <Empty title="Nobody is asked anything">
          An escalated intervention appears here and in Slack; statements are withheld without asking.
        </Empty>
      ) : (
        <div class="grid two">
          {approvals.map((approval) => (
            <ApprovalCard key={approval.approvalId} approval={approval} />
          ))}
        </div>
      )}
    </Card>
  );
}
