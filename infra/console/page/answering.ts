import { useState } from 'preact/hooks';
import type { AnswerReply, AnswerRequest } from '../../../schemas/ports/answer.ts';

import { approvalHash } from './approval-link.ts';

/** Kept per tab: no other tab or origin can read it, and the browser attaches it to no request. */
const KEPT_AS = 'vgac-approver';
const HEADER = 'x-vgac-approver';

/** Takes the token from an opened link, and removes it from the address bar and history at once. */
export function takeSignIn(): void {
  const [, token, question] = /^#\/sign-in\/([\w.-]{1,200})(?:\/([\w.-]{1,200}))?$/.exec(location.hash) ?? [];
  if (token === undefined) return;
  sessionStorage.setItem(KEPT_AS, token);
  history.replaceState(null, '', question === undefined ? '#/approvals' : approvalHash(question));
}

const keptToken = () => sessionStorage.getItem(KEPT_AS);

/** Slack id of the person answering from this tab, or null. For display: the server checks the token. */
export const signedInAs = () => keptToken()?.split('.')[0] ?? null;

async function send(request: AnswerRequest): Promise<AnswerReply> {
  try {
    const answer = await fetch('/api/approvals/answer', {
      method: 'POST',
      headers: { 'content-type': 'application/json', [HEADER]: keptToken() ?? '' },
      body: JSON.stringify(request),
    });
    if (answer.status === 401) sessionStorage.removeItem(KEPT_AS);
    const reply: AnswerReply = await answer.json();
    return reply;
  } catch {
    const message = 'The answer may not have arrived: check the approval before you try again.';
    return { outcome: 'refused', message };
  }
}

export interface Answering {
  /** The person answering here, or null. */
  person: string | null;
  busy: boolean;
  /** The result of the last answer. */
  said: AnswerReply | null;
  answer(request: AnswerRequest): Promise<void>;
}

/** Answers as the person signed in; one at a time, so that a double click is one answer. */
export function useAnswering(reload: () => void): Answering {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<AnswerReply | null>(null);
  return {
    person: signedInAs(),
    busy,
    said,
    async answer(request) {
      if (busy) return;
      setBusy(true);
      const reply = await send(request);
      // Looking at details is recorded but needs no message.
      setSaid(request.action === 'details' && reply.outcome === 'done' ? null : reply);
      setBusy(false);
      reload();
    },
  };
}
