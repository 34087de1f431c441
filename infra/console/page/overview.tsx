import { command } from '../../../functions/domain/command.ts';
import type { ClusterView, Overview } from '../views.ts';
import { ApprovalCard } from './approvals.tsx';
import { ClusterCard } from './cluster-card.tsx';
import { ExecutionTable } from './execution-list.tsx';
import { time } from './format.ts';
import { Parts, whatCameOfCalls } from './parts.tsx';
import { Card, Empty } from './pieces.tsx';

export function OverviewPage({ overview }: { overview: Overview }) {
  const { tally, clusters, unreadable, notices, approvals, recent } = overview;
  const { figures } = tally;
  const tiles: [string, number, string][] = [
    ['Jobs', tally.jobs, '#/executions'],
    ['Nothing needed', figures.parts.nothingNeeded, '#/executions?part=nothingNeeded'],
    ['Acted', figures.parts.acted, '#/executions?part=acted'],
    ['Asked', figures.parts.asked, '#/executions?part=asked'],
    ['Withheld', figures.parts.withheld, '#/executions?part=withheld'],
    ['Open questions', tally.openApprovals, '#/approvals'],
  ];
  return (
    <>
      <section class="tiles">
        {tiles.map(([name, count, href]) => (
          <a key={name} href={href} class="tile">
            <strong>{count.toLocaleString('en')}</strong>
            <span>{name}</span>
          </a>
        ))}
      </section>
      {clusters.length > 1 && (
        <Card title={`What became of ${figures.jobs.toLocaleString('en')} jobs`}>
          <Parts figures={figures} />
          <p class="facts">{whatCameOfCalls(figures, reachedOf(clusters))}</p>
        </Card>
      )}
      {unreadable.map((clusterId) => (
        <section key={clusterId} class="card">
          <p class="problem">
            The calibration of <code>{clusterId}</code> is unreadable, so nothing acts there. Repair it with{' '}
            <code>{command(`recalibrate ${clusterId} --rebuild`)}</code>
          </p>
        </section>
      ))}
      {clusters.length === 0 && unreadable.length === 0 ? (
        <section class="card">
          <Empty title="No cluster yet">A cluster appears with its first job or with its configuration.</Empty>
        </section>
      ) : (
        <div class="grid clusters">
          {clusters.map((cluster) => (
            <ClusterCard key={cluster.clusterId} cluster={cluster} />
          ))}
        </div>
      )}
      {notices.length > 0 && (
        <Card title="What changed">
          <ol class="notices">
            {notices.map((notice) => (
              <li key={notice.at + notice.text} class={notice.tone}>
                <time>{time(notice.at)}</time>
                <span>{notice.text}</span>
              </li>
            ))}
          </ol>
        </Card>
      )}
      {approvals.length > 0 && (
        <Card title="Open questions" aside={<a href="#/approvals">All {tally.openApprovals}</a>}>
          <div class="grid two">
            {approvals.map((approval) => (
              <ApprovalCard key={approval.approvalId} approval={approval} />
            ))}
          </div>
        </Card>
      )}
      <Card title="Latest executions" aside={<a href="#/executions">All</a>}>
        {recent.length === 0 ? (
          <Empty title="No job yet">
            Send a JobSubmitted event to bus vgac on the local endpoint, or start without --idle.
          </Empty>
        ) : (
          <ExecutionTable rows={recent} />
        )}
      </Card>
    </>
  );
}

function reachedOf(clusters: readonly ClusterView[]): ClusterView['reached'] {
  const sum = { reached: 0, longWaits: 0, acted: 0, jobs: 0 };
  for (const { reached } of clusters) {
    sum.reached += reached.reached;
    sum.longWaits += reached.longWaits;
    sum.acted += reached.acted;
    sum.jobs += reached.jobs;
  }
  return sum;
}
