import type { ForecastName } from './forecast/forecaster.ts';
import { Rounds } from './import/rounds.ts';
import type { Row } from './import/row.ts';
import { NaiveRules } from './naive.ts';
import { type RuleSet, ruleSet } from './rules.ts';
import { type OnDecision, OutOfOrder, Stream } from './stream.ts';

/** How to play the history of a cluster. */
export interface Playing {
  readonly rules: RuleSet;
  /** Which forecast is acted on. */
  readonly forecast: ForecastName;
  /** Whether the history has probabilities of its own. */
  readonly hasP: boolean;
  /** Whether to compare with the core rules, simpler rules and the other forecasts. */
  readonly beside: boolean;
  readonly onDecision: OnDecision | null;
}

/** The history of one cluster: its rounds, decided by the chosen rules and by those they are compared with. */
export class Cluster {
  readonly clusterId: string;
  readonly hasP: boolean;
  readonly stream: Stream;
  /** The core rules on the same rounds, if others decide. */
  readonly core: Stream | null;
  /** The same rules with each forecast by itself, if both serve. */
  readonly others: readonly Stream[];
  readonly naive: NaiveRules | null;
  readonly rounds: Rounds;
  private last = Number.NEGATIVE_INFINITY;

  constructor(clusterId: string, { rules, forecast, hasP, beside, onDecision }: Playing) {
    this.clusterId = clusterId;
    this.hasP = hasP;
    const naive = beside ? new NaiveRules(rules.tiers, hasP ? 'p' : 'q') : null;
    this.naive = naive;
    const onLabel =
      naive && (({ p, q }: { p: number | null; q: number }, long: boolean) => naive.label(hasP ? p : q, long));
    this.stream = new Stream(clusterId, rules, forecast, { onDecision, onLabel });
    this.core = beside && rules.name === 'all' ? new Stream(clusterId, coreOf(rules), forecast) : null;
    const others = beside && forecast === 'both' ? (['builtin', 'file'] as const) : [];
    this.others = others.map((other) => new Stream(clusterId, rules, other));
    this.rounds = new Rounds((row) => this.decide(row));
  }

  /** @throws OutOfOrder if the job was submitted before the previous one */
  add(row: Row): void {
    if (row.submittedAt < this.last) throw new OutOfOrder(`line ${row.line} was submitted before the line before it`);
    this.last = row.submittedAt;
    this.rounds.add(row);
  }

  /** Delivers the labels of the last jobs. */
  finish(): void {
    this.rounds.end();
    this.stream.finish();
    this.core?.finish();
    for (const other of this.others) other.finish();
  }

  private decide(row: Row): void {
    const q = this.stream.decide(row);
    this.core?.decide(row);
    for (let i = 0; i < this.others.length; i++) this.others[i]?.decide(row);
    this.naive?.decide(this.hasP ? row.p : q, row.censored ? null : row.longWait);
  }
}

/** The core rules with the same numbers. */
function coreOf({ numbers, config, lottery, forecasterFor }: RuleSet): RuleSet {
  return ruleSet('core', { numbers, config, lottery, forecasterFor });
}
