import { command } from '../../../functions/domain/command.ts';
import type { Approvals, ApprovalView } from '../views.ts';
import { type Answering, useAnswering } from './answering.ts';
import { Actions } from './approval-actions.tsx';
import { Facts, questionOf } from './approval-facts.tsx';
import { approvalHash } from './approval-link.ts';
import { useResource } from './data.ts';
import { duration, share, time } from './format.ts';
import { Card, Empty, executionLink, Loading, StatusTag } from './pieces.tsx';

/** One approval in short form; with `answering` and `frozen` it can be answered here. */
export function ApprovalCard({
  approval,
  answering,
  frozen,
}: {
  approval: ApprovalView;
  answering?: Answering;
  frozen?: Approvals['frozen'];
}) {
  return (
    <article class={`approval ${approval.status}`}>
      <header>
        <strong>
          <a href={approvalHash(approval.approvalId)}>{questionOf(approval)}</a>
        </strong>
        <StatusTag status={approval.status} />
      </header>
      <Facts approval={approval} short={approval.status !== 'pending'} />
      {answering && frozen && <Actions approval={approval} answering={answering} frozen={frozen} />}
      <footer>
        {!answering && <a href={approvalHash(approval.approvalId)}>Review and answer</a>}
        {approval.status === 'pending' && approval.cardUrl !== null && <a href={approval.cardUrl}>Answer in Slack</a>}
        {approval.execution !== null && <a href={executionLink(approval.execution)}>Open the execution</a>}
      </footer>
    </article>
  );
}

export function ApprovalsPage() {
  const { data, reload } = useResource<Approvals>('/api/approvals');
  const answering = useAnswering(reload);
  if (data === null) return <Loading />;
  const { open, settled, fatigue, frozen } = data;
  const cards = (approvals: ApprovalView[]) => (
    <div class="grid two">
      {approvals.map((approval) => (
        <ApprovalCard key={approval.approvalId} approval={approval} answering={answering} frozen={frozen} />
      ))}
    </div>
  );
  return (
    <>
      <SignIn person={answering.person} />
      <Said answering={answering} />
      <Frozen frozen={frozen} />
      <Card title="Open questions" aside={<small>{open.length} open</small>}>
        {open.length === 0 ? (
          <Empty title="Nobody is asked anything">
            An intervention that a job calls for and that is not carried out autonomously is asked about here and in
            Slack, while there is room to ask; statements are withheld without asking.
          </Empty>
        ) : (
          cards(open)
        )}
      </Card>
      {settled.length > 0 && (
        <Card title="Settled" aside={<small>{settled.length} newest</small>}>
          {cards(settled)}
        </Card>
      )}
      {fatigue.length > 0 && <FatigueTable fatigue={fatigue} />}
    </>
  );
}

export function SignIn({ person }: { person: string | null }) {
  return person === null ? (
    <p class="signin">
      This session cannot answer approvals. To answer here, open the link that this prints:{' '}
      <code>{command('sign-in --as YOUR_SLACK_ID')}</code>
    </p>
  ) : (
    <p class="signin">
      You answer as <b>{person}</b>. Every answer is recorded under this name.
    </p>
  );
}

export function Said({ answering: { said } }: { answering: Answering }) {
  if (said === null) return null;
  return (
    <p class={`said ${said.outcome === 'done' ? 'good' : 'warn'}`} role="status">
      {said.message}
    </p>
  );
}

export function Frozen({ frozen }: { frozen: Approvals['frozen'] }) {
  return (
    <>
      {Object.entries(frozen).map(([cluster, { by, reason, at }]) => (
        <p key={cluster} class="said frozen">
          <b>{cluster === '*' ? 'All clusters are frozen' : `${cluster} is frozen`}</b> since {time(at)} UTC, by {by}:{' '}
          {reason}. Nothing is done there, not even what is approved.
        </p>
      ))}
    </>
  );
}

function FatigueTable({ fatigue }: { fatigue: Approvals['fatigue'] }) {
  return (
    <Card title="How people answer" aside={<small>last 30 days</small>}>
      <p class="facts">Approving nearly everything within seconds is clicking, not judging.</p>
      <div class="table">
        <table class="labelled">
          <thead>
            <tr>
              <th>Approver</th>
              <th>Cluster</th>
              <th class="right">Answers</th>
              <th class="right">Approved</th>
              <th class="right">Median time to answer</th>
            </tr>
          </thead>
          <tbody>
            {fatigue.map(({ approver, clusterId, answers, approveRate, medianSeconds }) => (
              <tr key={`${clusterId} ${approver}`}>
                <td data-label="Approver">{approver}</td>
                <td data-label="Cluster">{clusterId}</td>
                <td data-label="Answers" class="right">
                  {answers}
                </td>
                <td data-label="Approved" class="right">
                  {share(approveRate)}
                </td>
                <td data-label="Median time" class="right">
                  {duration(medianSeconds)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
