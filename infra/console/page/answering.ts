import { useState } from 'preact/hooks';
import type { AnswerReply, AnswerRequest } from '../../../schemas/ports/answer.ts';

import { signedInAs } from './session.ts';

async function send(request: AnswerRequest): Promise<AnswerReply> {
  try {
    const answer = await fetch('/api/approvals/answer', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
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
