import { emptyForecast, type Forecast, learnLabel, predict } from '../forecast/forecast.ts';
import { countInputs } from '../forecast/moments.ts';
import type { Learned } from '../forecast/state.ts';
import { learnWait } from '../forecast/wait-model.ts';
import type { Fact, Labelled } from './fact.ts';

/**
 * Plays what has been learned on through a part of the ledger, in place and in its order: each round is forecast from what was known
 * before it, and teaches when its label is known. A round that was submitted before this part teaches by what was said of it then.
 *
 * @param onLabel told of each label with what would have been served to its round; null where it was decided before this part
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
      learnWait(learned.wait, learned.alone.logistic, said.get(fact.round)?.z ?? fact.z, fact.waitSeconds);
    } else {
      const forecast = said.get(fact.round);
      onLabel(fact, forecast === undefined ? null : servedOf(forecast, fact));
      learnLabel(learned, forecast ?? fact.taught, fact.y);
    }
  }
}

/** Whether VGAC's p is let in is not learned here: a refit serves the same of its two models as was served. */
function servedOf({ qAlone, qWithVgac }: Forecast, { withVgac }: Labelled): number {
  return withVgac && !Number.isNaN(qWithVgac) ? qWithVgac : qAlone;
}
