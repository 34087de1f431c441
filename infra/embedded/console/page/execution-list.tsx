import type { ExecutionRow } from '../views.ts';
import { useResource } from './data.ts';
import { time } from './format.ts';
import { Card, Empty, executionLink, Loading, Path, ScopePill, StatusTag } from './pieces.tsx';

export function ExecutionTable({ rows }: { rows: ExecutionRow[] }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th>Job</th>
            <th>Path taken</th>
            <th>Scope</th>
            <th>Ended</th>
            <th class="right">Started</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} onClick={() => location.assign(executionLink(row.name))}>
              <td data-label="Job">
                <a href={executionLink(row.name)}>{row.jobId ?? row.machine}</a>
                <small>{row.clusterId ?? row.machine}</small>
              </td>
              <td data-label="Path">
                <Path states={row.path} running={row.status === 'RUNNING'} short />
                {row.statement !== null && <small>{row.statement}</small>}
              </td>
              <td data-label="Scope">
                <ScopePill scope={row.scope} />
              </td>
              <td data-label="Ended">
                <StatusTag status={row.result ?? row.status} />
              </td>
              <td data-label="Started" class="right nowrap">
                {time(row.startedAt)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const SCOPES = ['autonomous', 'notify', 'escalate'] as const;
const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED'] as const;

export function ExecutionsPage({ query }: { query: URLSearchParams }) {
  const { data: answer } = useResource<{ rows: ExecutionRow[]; total: number; clusters: string[] }>(
    `/api/executions?${query}`,
  );
  const link = (name: string, value: string | null) => {
    const next = new URLSearchParams(query);
    if (value === null) next.delete(name);
    else next.set(name, value);
    return `#/executions?${next}`;
  };
  const filter = (name: string, values: readonly string[]) => (
    <nav class="filter" aria-label={name}>
      <span>{name}</span>
      {[null, ...values].map((value) => (
        <a key={value} href={link(name, value)} aria-current={query.get(name) === value ? 'true' : undefined}>
          {value === null ? 'all' : value.toLowerCase()}
        </a>
      ))}
    </nav>
  );
  return (
    <Card
      title="Executions"
      aside={answer && <small>{`${answer.rows.length} newest of ${answer.total.toLocaleString('en')}`}</small>}
    >
      <div class="filters">
        {filter('cluster', answer?.clusters ?? [])}
        {filter('scope', SCOPES)}
        {filter('status', STATUSES)}
      </div>
      {answer === null ? (
        <Loading />
      ) : answer.rows.length === 0 ? (
        <Empty title="No execution fits">Choose another filter, or wait for the next job.</Empty>
      ) : (
        <ExecutionTable rows={answer.rows} />
      )}
    </Card>
  );
}
