import { emptyForecast, type Forecast, learnLabel, predict } from '../../../../functions/domain/forecast/forecast.ts';
import { INPUTS, OWN_INPUTS } from '../../../../functions/domain/forecast/inputs.ts';
import { countInputs } from '../../../../functions/domain/forecast/moments.ts';
import { type Learned, nothingLearned } from '../../../../functions/domain/forecast/state.ts';
import { learnWait } from '../../../../functions/domain/forecast/wait-model.ts';
import type { Fact } from '../../../../functions/domain/recalibration/fact.ts';
import { normalFrom, seeded } from '../seeded.ts';

/** T of all of them, in seconds. */
export const LONG_WAIT = 300;

/** The true logit of a long wait of the i-th job. */
export type Truth = (inputs: Float64Array, i: number) => number;

/** Which inputs count for how much is another matter in each regime. */
export const REGIMES = {
  one: (inputs) => -1 + 1.2 * at(inputs, 0) + 0.8 * at(inputs, 4) - 0.5 * at(inputs, 7),
  other: (inputs) => 1 - 1.2 * at(inputs, 0) + 0.8 * at(inputs, 5) + 0.5 * at(inputs, 7),
} satisfies Record<string, Truth>;

const at = (inputs: Float64Array, i: number): number => inputs[i] ?? 0;

interface Simulation {
  readonly seed: number;
  readonly truth: Truth;
  /** Seconds between two jobs. */
  readonly every?: number;
  /** Share of jobs that VGAC gives a p for. */
  readonly withP?: number;
}

/** A cluster that nobody acts on: its ledger, and the forecast that serves it. */
export class Cluster {
  readonly facts: Fact[] = [];
  learned: Learned = nothingLearned();
  private readonly random: () => number;
  private readonly simulation: Simulation;
  private readonly open: { at: number; happen: () => void }[] = [];
  private rounds = 0;
  private now = 0;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.random = seeded(simulation.seed);
  }

  /** Lets so many more jobs be submitted. */
  submit(count: number): void {
    for (let i = 0; i < count; i++) {
      this.now += this.simulation.every ?? 60;
      const due = this.open.filter(({ at: when }) => when <= this.now).sort((a, b) => a.at - b.at);
      for (const one of due) {
        this.open.splice(this.open.indexOf(one), 1);
        one.happen();
      }
      this.decide();
    }
  }

  /** What is known of the ledger from a place in it on. */
  since(place: number): Fact[] {
    return this.facts.slice(place);
  }

  /** The facts of the newest rounds. */
  newest(rounds: number): Fact[] {
    const first = this.rounds - rounds;
    return this.facts.filter(({ round }) => Number(round) >= first);
  }

  private decide(): void {
    const { learned, random, simulation, rounds: round, now: submittedAt } = this;
    const forecast = emptyForecast();
    for (let i = 0; i < INPUTS.length; i++) forecast.inputs[i] = normalFrom(random);
    if (random() >= (simulation.withP ?? 0)) forecast.inputs[OWN_INPUTS] = Number.NaN;
    predict(learned, forecast);
    countInputs(learned.moments, forecast.inputs);
    this.facts.push({ kind: 'submitted', round, submittedAt, inputs: Float64Array.from(forecast.inputs) });
    const y = random() < 1 / (1 + Math.exp(-simulation.truth(forecast.inputs, round))) ? 1 : 0;
    const waitSeconds = y === 1 ? 2 * LONG_WAIT : LONG_WAIT * random();
    this.open.push({
      at: submittedAt + Math.min(waitSeconds, LONG_WAIT),
      happen: () => this.label(round, forecast, y, submittedAt),
    });
    this.open.push({ at: submittedAt + waitSeconds, happen: () => this.start(round, forecast, waitSeconds) });
    this.rounds += 1;
  }

  private label(round: number, forecast: Forecast, y: 0 | 1, submittedAt: number): void {
    const { z, bWithoutVgac, bWithVgac, qWithoutVgac: q } = forecast;
    this.facts.push({
      kind: 'labelled',
      round,
      submittedAt,
      y,
      q,
      withVgac: false,
      taught: { z, bWithoutVgac, bWithVgac },
    });
    learnLabel(this.learned, forecast, y);
  }

  private start(round: number, { z }: Forecast, waitSeconds: number): void {
    this.facts.push({ kind: 'started', round, waitSeconds, z });
    learnWait(this.learned.wait, this.learned.queueOnly.logistic, z, waitSeconds);
  }
}
