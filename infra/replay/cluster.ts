import { Rounds } from '../import/rounds.ts';
import type { Row } from '../import/row.ts';
import { NaiveRules } from './naive.ts';
import { type RuleSet, ruleSet } from './rules.ts';
import { type OnDecision, OutOfOrder, Stream } from './stream.ts';

/** The history of one cluster: its rounds, decided by the rules in question, and beside them by what they are compared with. */
export class Cluster {
  readonly clusterId: string;
  readonly stream: Stream;
  /** The core rules on the same rounds, where others decide. */
  readonly core: Stream | null;
  readonly naive: NaiveRules | null;
  readonly rounds: Rounds;
  private last = Number.NEGATIVE_INFINITY;

  /** @param beside whether to compare with the core and with simpler rules */
  constructor(clusterId: string, rules: RuleSet, beside: boolean, onDecision: OnDecision | null = null) {
    this.clusterId = clusterId;
    this.naive = beside ? new NaiveRules(rules.tiers) : null;
    const onLabel = this.naive && ((p: number, longWait: boolean) => this.naive?.label(p, longWait));
    this.stream = new Stream(clusterId, rules, onDecision, onLabel);
    this.core = beside && rules.name === 'all' ? new Stream(clusterId, coreOf(rules)) : null;
    this.rounds = new Rounds((row) => this.decide(row));
  }

  /** @throws OutOfOrder when the job was submitted before the one before it */
  add(row: Row): void {
    if (row.submittedAt < this.last) throw new OutOfOrder(`line ${row.line} was submitted before the line before it`);
    this.last = row.submittedAt;
    this.rounds.add(row);
  }

  /** Lets the labels of the last jobs arrive. */
  finish(): void {
    this.rounds.end();
    this.stream.finish();
    this.core?.finish();
  }

  private decide(row: Row): void {
    this.stream.decide(row);
    this.core?.decide(row);
    this.naive?.decide(row.p, row.longWait);
  }
}

/** The core rules with the same numbers. */
function coreOf({ config, lottery, servedBy }: RuleSet): RuleSet {
  return ruleSet('core', (core) => Object.assign(core, config), { lottery, servedBy });
}
