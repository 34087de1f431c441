import { signInTo } from '../../console/sign-in.ts';
import { enterPressed, type Keyboard } from './enter-key.ts';
import { HumanMoment } from './human-moment.ts';
import { endingInWords, questionInWords } from './question-words.ts';
import type { Session } from './session.ts';

/** Waits once for the person at this terminal, in a run that simulates people's jobs; null where nobody is to be waited for. */
export function waitForPerson(
  session: Pick<Session, 'hold' | 'records' | 'watch' | 'spared' | 'signIn'>,
  keyboard: Keyboard,
  say: (line: string) => void,
): HumanMoment | null {
  if (session.signIn().person === null || session.spared() === null) return null;
  return new HumanMoment({
    hold: () => session.hold(),
    questionOf: (id) => session.records.approval(id),
    show(question) {
      say('');
      for (const line of questionInWords(question, signInTo(session.signIn().url, question.approval_id))) say(line);
    },
    letGo: (over) => enterPressed(keyboard, over),
    ended(ending, { cluster_id: clusterId, job_id: jobId }) {
      if (ending === 'answered') session.watch.asked(clusterId, jobId);
      const said = endingInWords(ending, jobId);
      if (said !== null) for (const line of [said, '']) say(line);
    },
  });
}
