import { emptyForecast, type Forecast, learnLabel, predict } from '../forecast/forecast.ts';
import { countInputs } from '../forecast/moments.ts';
import type { Learned } from '../forecast/state.ts';
import { learnWait } from '../forecast/wait-model.ts';
import type { Fact, Labelled } from './fact.ts';

/**
 * Replays part of the ledger on learned models, in place and in order: each round is forecast from what was known before it, and
 * teaches once its label is known. A round submitted before this part teaches with the inputs recorded for it then.
 *
 * @param onLabel receives each label with what would have been served; null if the round was decided before this part
 */
export function play(
  learned: Learned,
  facts: readonly Fact[],
  onLabel: (label: Labelled, q: number | null) => void = () => {},
): void {
  const said = new Map<Fact['round'], Forecast>();
  for (const fact of facts) {
    if (fact.kind === 'submitted') {
      const forecast = emptyForecast();
      forecast.inputs.set(fact.inputs);
      predict(learned, forecast);
      countInputs(learned.moments, fact.inputs);
      said.set(fact.round, forecast);
    } else if (fact.kind === 'started') {
      learnWait(learned.wait, learned.queueOnly.logistic, said.get(fact.round)?.z ?? fact.z, fact.waitSeconds);
    } else {
      const forecast = said.get(fact.round);
      onLabel(fact, forecast === undefined ? null : servedOf(forecast, fact));
      learnLabel(learned, forecast ?? fact.taught, fact.y);
    }
  }
}

/** Whether to use VGAC's p is not learned here: a refit serves the same one of its two models as was served. */
function servedOf({ qWithoutVgac, qWithVgac }: Forecast, { withVgac }: Labelled): number {
  return withVgac && !Number.isNaN(qWithVgac) ? qWithVgac : qWithoutVgac;
}
