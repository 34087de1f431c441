import type { Forecast } from '../../../../functions/domain/forecast/forecast.ts';
import {
  countEnded,
  countLabelled,
  countStarted,
  countSubmitted,
  emptyForecast,
  forecast,
} from '../../../../functions/domain/forecast/forecast.ts';
import type { Asked } from '../../../../functions/domain/forecast/queue.ts';
import type { ForecastState } from '../../../../functions/domain/forecast/state.ts';
import { evict, isOverfull, type Tables } from '../../../../functions/domain/forecast/tables.ts';

/** One job of a history. Times in seconds; a run time that nobody reports is null. */
export interface PlayedJob extends Asked {
  readonly id: string;
  readonly at: number;
  readonly p: number | null;
  readonly waitSeconds: number;
  readonly longWait: boolean;
  readonly labelAt: number;
  readonly runSeconds: number | null;
}

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly what: 'start' | 'end' | 'label';
  readonly job: PlayedJob;
  readonly forecast: Forecast;
}

export interface Standing {
  state: ForecastState;
  tables: Tables;
}

const T = 300;

/**
 * Plays jobs, in the order of submission, through the forecast: each is told what was known before it, and what happens in one second
 * happens in the order in which it became known.
 * @param between what happens to the state before each job
 */
export function* play(
  standing: Standing,
  jobs: readonly PlayedJob[],
  between: (standing: Standing) => void = () => {},
): Generator<{ job: PlayedJob; said: Forecast }> {
  const waiting: Happening[] = [];
  let order = 0;
  const expect = (happening: Omit<Happening, 'order'>): void => {
    const entry = { ...happening, order: order++ };
    let at = waiting.length;
    while (at > 0 && isAfter(waiting[at - 1], entry)) at -= 1;
    waiting.splice(at, 0, entry);
  };
  for (const job of jobs) {
    for (let next = waiting[0]; next !== undefined && next.at <= job.at; next = waiting[0]) {
      waiting.shift();
      happen(standing, next, expect);
    }
    between(standing);
    const { state, tables } = standing;
    const said = forecast(state, tables, job, job, emptyForecast());
    yield { job, said };
    countSubmitted(state, tables, job, { at: job.at, inputs: said.inputs });
    expect({ at: job.at + job.waitSeconds, what: 'start', job, forecast: said });
    expect({ at: job.labelAt, what: 'label', job, forecast: said });
  }
}

function isAfter(one: Happening | undefined, other: Happening): boolean {
  return one !== undefined && (one.at > other.at || (one.at === other.at && one.order > other.order));
}

function happen(
  { state, tables }: Standing,
  { at, what, job, forecast: said }: Happening,
  expect: (happening: Omit<Happening, 'order'>) => void,
): void {
  if (what === 'start') {
    countStarted(state, tables, job, { waitSeconds: job.waitSeconds, z: said.z, touched: false });
    expect({ at: at + (job.runSeconds ?? state.queue.runSeconds), what: 'end', job, forecast: said });
  } else if (what === 'end') countEnded(state.queue, job.runSeconds);
  else {
    const label = { y: job.longWait ? 1 : 0, submittedAt: job.at, taught: said } as const;
    countLabelled(state, tables, job, label, T);
  }
  if (isOverfull(state.queue.tables)) evict(state.queue.tables, tables);
}
