import { GATE } from '../../../functions/domain/thresholds.ts';
import { type ActionArguments, Decision } from '../../../schemas/decision.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { JOB_WORKFLOW, namesOf } from '../../console/executions.ts';
import type { HistoryEvent } from '../../runtime/engine/history.ts';

/** The first questions are asked while nothing is known yet. */
const FIRST_WORTH_IT = 3;
/** From so many outcomes of forecasts like it on, a question says how often they came true: half of what earns the tier. */
const OUTCOMES_WORTH_IT = GATE.evidence.labels / 2;
/** By then nobody is to wait any longer for a better one. */
const LAST_TO_LEAVE = 12;
/** How often, and how long, the question is looked for that an execution has just begun to ask, in ms of the person's clock. */
const LOOK_EVERY_MS = 50;
const LOOK_FOR_MS = 10_000;

const Asking = Decision.pick({ decisionId: true, clusterId: true, jobId: true, asks: true });

/** How the wait for a person ended: `left` by Enter, `answered` on the page, in Slack or by command, `over` with the run. */
export type Ending = 'left' | 'answered' | 'over';

export interface HumanMomentOptions {
  /** Simulated time stands still until the returned release is called. */
  readonly hold: () => () => void;
  /** The question as it stands in the table; null while it is not there. */
  readonly questionOf: (decisionId: string) => Promise<ApprovalItem | null>;
  /** Shows the question. */
  readonly show: (question: ApprovalItem) => void;
  /** Resolves when the person lets it go: Enter. @param over nobody is listened to any more */
  readonly letGo: (over: Promise<unknown>) => Promise<void>;
  readonly ended: (ending: Ending, question: ApprovalItem) => void;
}

/**
 * Holds the simulated clock once, at a question that is worth it, until a person has answered it or lets it go: a simulated day
 * passes in seconds, and nobody reads as fast as that. Everything but time goes on, so that the answer is carried out at once.
 */
export class HumanMoment {
  readonly #options: HumanMomentOptions;
  /** What each execution would ask, until it does. */
  readonly #asking = new Map<string, { decisionId: string; jobId: string; arguments: ActionArguments }>();
  #asked = 0;
  #waiting: { readonly arn: string; readonly over: (ending: Ending) => void } | null = null;
  #done = false;

  constructor(options: HumanMomentOptions) {
    this.#options = options;
  }

  /** Told of every history event, as it happens. */
  observe(arn: string, event: HistoryEvent): void {
    if (!namesOf(arn).machine.endsWith(JOB_WORKFLOW)) return;
    if (this.#waiting !== null) {
      if (this.#waiting.arn === arn && event.type === 'TaskStateExited' && event.name === 'RequestApproval') {
        this.#waiting.over('answered');
      }
      return;
    }
    if (this.#done) return;
    if (event.type === 'TaskStateExited' && event.name?.startsWith('Predict') === true) this.#note(arn, event.output);
    if (event.type !== 'TaskStateEntered' || event.name !== 'RequestApproval') return;
    this.#asked += 1;
    const asking = this.#asking.get(arn);
    this.#asking.delete(arn);
    if (this.#asked < FIRST_WORTH_IT || asking?.arguments.action !== 'requeue') return;
    void this.#wait(arn, asking.decisionId);
  }

  /** The run is over, or somebody has had enough: nobody is waited for any more. */
  end(): void {
    this.#done = true;
    this.#waiting?.over('over');
  }

  #note(arn: string, output: unknown): void {
    const { data } = Asking.safeParse(output);
    if (data === undefined || data.asks === null) return;
    this.#asking.set(arn, { decisionId: data.decisionId, jobId: data.jobId, arguments: data.asks.arguments });
  }

  async #wait(arn: string, decisionId: string): Promise<void> {
    const release = this.#options.hold();
    const { promise: over, resolve } = Promise.withResolvers<Ending>();
    this.#waiting = { arn, over: resolve };
    try {
      const question = await this.#look(decisionId, over);
      if (question === null || !this.#isWorthIt(question)) return;
      this.#done = true;
      this.#options.show(question);
      void this.#options.letGo(over).then(() => resolve('left'));
      this.#options.ended(await over, question);
    } finally {
      this.#waiting = null;
      release();
    }
  }

  #isWorthIt({ record }: ApprovalItem): boolean {
    return this.#asked >= LAST_TO_LEAVE || (record !== undefined && record.seen >= OUTCOMES_WORTH_IT);
  }

  /** The question once it can be answered; null where it is answered, or over, before anybody could see it. */
  async #look(decisionId: string, over: Promise<Ending>): Promise<ApprovalItem | null> {
    const until = performance.now() + LOOK_FOR_MS;
    while (performance.now() < until) {
      const question = await this.#options.questionOf(decisionId).catch(() => null);
      if (question?.status === 'pending' && question.card_ts !== undefined) return question;
      const ended = await Promise.race([
        over,
        new Promise<null>((resolve) => setTimeout(resolve, LOOK_EVERY_MS, null)),
      ]);
      if (ended !== null) return null;
    }
    return null;
  }
}
