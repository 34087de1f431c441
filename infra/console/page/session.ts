import { approvalHash } from './approval-link.ts';

let person: string | null = null;

/** Slack id under which this session answers, or null. For display: the server knows for itself. */
export const signedInAs = () => person;

/** Learns whose session this is. @returns false where there is none */
export async function loadSession(): Promise<boolean> {
  const answer = await fetch('/session');
  if (!answer.ok) return false;
  const session: { person: string | null } = await answer.json();
  person = session.person;
  return true;
}

export async function endSession(): Promise<void> {
  await fetch('/session/end', { method: 'POST' });
  location.reload();
}

/**
 * Takes the code from an opened link, removes it from the address bar and history at once, and exchanges it for a session.
 * @returns null without a code; else why it opened nothing, empty where it did
 */
export async function takeSignIn(): Promise<string | null> {
  const [, code, question] = /^#\/sign-in\/([\w-]{1,200})(?:\/([\w.%-]{1,200}))?$/.exec(location.hash) ?? [];
  if (code === undefined) return null;
  history.replaceState(null, '', question === undefined ? '#/approvals' : approvalHash(decodeURIComponent(question)));
  try {
    const answer = await fetch('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    const { message = '' }: { message?: string } = await answer.json();
    return message;
  } catch {
    return 'The system does not answer: is it running?';
  }
}
