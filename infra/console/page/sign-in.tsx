import { render } from 'preact';
import { command } from '../../../functions/domain/command.ts';
import { LINK_MINUTES, SESSION_HOURS } from '../session-times.ts';
import { loadSession, takeSignIn } from './session.ts';

/** What somebody without a session sees: why the link opened nothing, and how to get another. */
function SignInPage({ why }: { why: string | null }) {
  return (
    <main class="gate">
      <section class="card">
        <h1>{why === null ? 'Sign in' : 'Not signed in'}</h1>
        {why !== null && (
          <p class="said warn" role="alert">
            {why}
          </p>
        )}
        <p>
          This page opens only through a link. <code>{command('start')}</code> printed one when it started; on the same
          machine, this prints a new one:
        </p>
        <pre>{command('sign-in')}</pre>
        <p class="facts">
          A link works once, for {LINK_MINUTES} minutes, and signs this browser in for {SESSION_HOURS} hours. Name the
          data folder with <code>--data</code> if it is not <code>.vgac</code>.
        </p>
      </section>
    </main>
  );
}

/** Opens the page without a reload: for somebody who followed a link from another site, a reload would again carry no cookie. */
function open(): void {
  removeEventListener('hashchange', enter);
  // Two copies of Preact must not share a root.
  document.getElementById('app')?.replaceWith(Object.assign(document.createElement('div'), { id: 'app' }));
  if (location.pathname !== '/') location.reload();
  else document.head.append(Object.assign(document.createElement('script'), { type: 'module', src: '/console.js' }));
}

async function enter(): Promise<void> {
  const why = await takeSignIn();
  const isReload = performance
    .getEntriesByType('navigation')
    .some((entry) => 'type' in entry && entry.type === 'reload');
  if (why === '') return open();
  if (why === null && (location.pathname === '/' || !isReload) && (await loadSession())) return open();
  const root = document.getElementById('app');
  if (root) render(<SignInPage why={why} />, root);
}

addEventListener('hashchange', enter);
void enter();
