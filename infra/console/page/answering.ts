import { useState } from 'preact/hooks';
import type { AnswerReply, AnswerRequest } from '../../../schemas/ports/answer.ts';

import { approvalHash } from './approval-link.ts';

/** Of this tab alone: neither another tab nor another origin reads it, and no request carries it by itself. */
const KEPT_AS = 'vgac-approver';
const HEADER = 'x-vgac-approver';

/** Takes the token out of a link that was opened, and out of the address and history at once. */
export function takeSignIn(): void {
  const [, token, question] = /^#\/sign-in\/([\w.-]{1,200})(?:\/([\w.-]{1,200}))?$/.exec(location.hash) ?? [];
  if (token === undefined) return;
  sessionStorage.setItem(KEPT_AS, token);
  history.replaceState(null, '', question === undefined ? '#/approvals' : approvalHash(question));
}

const keptToken = () => sessionStorage.getItem(KEPT_AS);

/** Slack id of who answers from this tab; null for nobody. The server looks at the token, not at this. */
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
    const message = 'The answer did not get through: look at how the approval stands before you try again.';
    return { outcome: 'refused', message };
  }
}

export interface Answering {
  /** Who answers here; null for nobody. */
  person: string | null;
  busy: boolean;
  /** What came of the last answer. */
  said: AnswerReply | null;
  answer(request: AnswerRequest): Promise<void>;
}

/** Answers in the name of who is signed in; one at a time, so that a double click is one answer. */
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
      // A look is recorded, and nothing that needs to be said.
      setSaid(request.action === 'details' && reply.outcome === 'done' ? null : reply);
      setBusy(false);
      reload();
    },
  };
}
