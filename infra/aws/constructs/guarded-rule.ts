import type { Duration } from 'aws-cdk-lib';
import { type EventBus, type EventPattern, type IRuleTarget, Rule, type Schedule } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetterQueue } from './dead-letter-queue.ts';

/** How often and for how long delivery is retried, and where undeliverable events go. */
export interface Delivery {
  retryAttempts: number;
  maxEventAge: Duration;
  deadLetterQueue: IQueue;
}

interface GuardedRuleProps extends Omit<Delivery, 'deadLetterQueue'> {
  description: string;
  /** What triggers it: events on a bus (default: the account's default bus), or a schedule. */
  on: { bus?: EventBus; pattern: EventPattern } | { schedule: Schedule };
  target: (delivery: Delivery) => IRuleTarget;
  /** Default: one of its own. */
  deadLetterQueue?: IQueue | undefined;
}

/** A rule with one target, a retry policy and a dead-letter queue: no event is lost without an alarm. */
export class GuardedRule extends Construct {
  readonly deadLetterQueue: IQueue;

  constructor(scope: Construct, id: string, props: GuardedRuleProps) {
    super(scope, id);
    const { description, on, target, retryAttempts, maxEventAge } = props;
    this.deadLetterQueue = props.deadLetterQueue ?? new DeadLetterQueue(this, 'DeadLetters');
    const rule = new Rule(this, 'Rule', {
      description,
      ...('schedule' in on
        ? { schedule: on.schedule }
        : { eventPattern: on.pattern, ...(on.bus && { eventBus: on.bus }) }),
    });
    rule.addTarget(target({ retryAttempts, maxEventAge, deadLetterQueue: this.deadLetterQueue }));
  }
}
