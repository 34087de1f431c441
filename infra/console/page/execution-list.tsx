import { PART_WORDS } from '../../../functions/domain/figure-words.ts';
import { tierName } from '../../../functions/domain/thresholds.ts';
import type { ExecutionRow } from '../views.ts';
import { useResource } from './data.ts';
import { time } from './format.ts';
import { Card, Empty, executionLink, Loading, Path, StatusTag } from './pieces.tsx';

export function ExecutionTable({ rows }: { rows: ExecutionRow[] }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th>Job</th>
            <th>Path taken</th>
            <th>Called, done</th>
            <th>Became</th>
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
              <td data-label="Called, done" class="nowrap">
                {calledAndDone(row)}
              </td>
              <td data-label="Became">
                <StatusTag status={row.result ?? row.part ?? row.status} />
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

/** `suggest → warn, asked`: what the job called for, and what was done. */
function calledAndDone({ called, tier, asked, part }: ExecutionRow): string {
  if (called === null || tier === null) return '–';
  if (called === 0) return 'nothing';
  const done = tier === 0 ? 'nothing' : `${tierName(tier)}${part === 'heldOut' ? ', held out' : ''}`;
  const same = called === tier && part !== 'heldOut';
  return `${tierName(called)}${same ? '' : ` → ${done}`}${asked ? ', asked' : ''}`;
}

const STATUSES = [
  ['RUNNING', 'running'],
  ['SUCCEEDED', 'succeeded'],
  ['FAILED', 'failed'],
] as const;

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
  const filter = (label: string, name: string, values: readonly (readonly [value: string, words: string])[]) => (
    <nav class="filter" aria-label={label}>
      <span>{label}</span>
      {[[null, 'all'] as const, ...values].map(([value, words]) => (
        <a key={value} href={link(name, value)} aria-current={query.get(name) === value ? 'true' : undefined}>
          {words}
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
        {filter(
          'cluster',
          'cluster',
          (answer?.clusters ?? []).map((id) => [id, id] as const),
        )}
        {filter('became', 'part', Object.entries(PART_WORDS))}
        {filter('execution', 'status', STATUSES)}
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
