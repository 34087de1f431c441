import { render } from 'preact';
import { command } from '../../../functions/domain/command.ts';
import type { Overview } from '../views.ts';
import { ApprovalPage } from './approval.tsx';
import { ApprovalsPage } from './approvals.tsx';
import { useResource, useRoute } from './data.ts';
import { ExecutionPage } from './execution.tsx';
import { ExecutionsPage } from './execution-list.tsx';
import { instant } from './format.ts';
import { OverviewPage } from './overview.tsx';
import { Empty, Loading } from './pieces.tsx';
import { endSession, loadSession, takeSignIn } from './session.ts';

const PHASES: Record<Overview['phase'], string> = {
  starting: 'starting',
  running: 'running',
  ended: 'run ended',
  idle: 'waiting for events',
};

/** @param why a link opened nothing although somebody is signed in here; empty otherwise */
function App({ why }: { why: string }) {
  const route = useRoute();
  const { data: overview, stale } = useResource<Overview>('/api/overview');
  const tab = (page: string, label: string, count?: number) => (
    <a href={`#/${page}`} aria-current={route.page === page ? 'page' : undefined}>
      {label}
      {count !== undefined && count > 0 && <b>{count}</b>}
    </a>
  );
  return (
    <>
      <header class="top">
        <a class="brand" href="#/">
          <Mark />
          <span>
            VGAC <em>agentic</em>
          </span>
        </a>
        <nav>
          {tab('', 'Overview')}
          {tab('executions', 'Executions')}
          {tab('approvals', 'Approvals', overview?.tally.openApprovals)}
          {overview?.slackUrl && (
            <a href={overview.slackUrl} target="_blank" rel="noreferrer">
              Slack ↗
            </a>
          )}
        </nav>
        {overview && (
          <p class="clock">
            <span class={`dot ${stale ? 'bad' : overview.phase}`} />
            {stale ? 'connection lost' : PHASES[overview.phase]}
            <time>
              {instant(overview.now)} UTC{overview.clock === 'simulated' && ', simulated'}
            </time>
            <button type="button" class="link" onClick={() => void endSession()}>
              Sign out
            </button>
          </p>
        )}
      </header>
      {why !== '' && (
        <p class="banner" role="alert">
          {why} You stay signed in as before.
        </p>
      )}
      {overview?.warning && (
        <p class="banner" role="alert">
          {overview.warning}
        </p>
      )}
      {stale && (
        <p class="banner" role="alert">
          The system does not answer. If it was stopped, start it again with <code>{command('start')}</code> and open
          the link that it prints.
        </p>
      )}
      <main>
        {overview === null ? (
          stale ? null : (
            <Loading />
          )
        ) : route.page === '' ? (
          <OverviewPage overview={overview} />
        ) : route.page === 'executions' ? (
          <ExecutionsPage query={route.query} />
        ) : route.page === 'execution' ? (
          <ExecutionPage name={route.rest} />
        ) : route.page === 'approvals' ? (
          <ApprovalsPage />
        ) : route.page === 'approval' ? (
          <ApprovalPage id={route.rest} />
        ) : (
          <Empty title="No such page">Go back to the overview.</Empty>
        )}
      </main>
      {overview && <footer class="foot">{overview.source}</footer>}
    </>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 21 L13 12 L18 18 L24 9" />
      <circle cx="24" cy="9" r="2.4" />
    </svg>
  );
}

/** A link that is opened here changes who is signed in. */
async function enter(): Promise<void> {
  const why = (await takeSignIn()) ?? '';
  if (!(await loadSession())) return location.reload();
  const root = document.getElementById('app');
  if (root) render(<App why={why} />, root);
}

addEventListener('hashchange', () => {
  if (location.hash.startsWith('#/sign-in/')) void enter();
});
void enter();
