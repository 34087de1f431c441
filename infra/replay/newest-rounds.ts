import type { Forecast } from '../../functions/domain/forecast/forecast.ts';
import { INPUTS } from '../../functions/domain/forecast/inputs.ts';
import type { Fact } from '../../functions/domain/recalibration/fact.ts';

/** Offsets within the numbers of a round; a place is a line number in the ledger, NaN before there is one. */
const ROUND = 0;
const SUBMITTED_AT = 1;
const SUBMITTED = 2;
const STARTED = 3;
const LABELLED = 4;
const WAIT = 5;
const LONG = 6;
const SERVED = 7;
const WITH_VGAC = 8;
const B_WITHOUT_VGAC = 9;
const B_WITH_VGAC = 10;
const OF_INPUTS = 11;
const OF_Z = OF_INPUTS + INPUTS.length;
const FIELDS = OF_Z + INPUTS.length + 1;

/** The newest rounds as plain numbers: objects that live for thousands of jobs each would fill the heap of a long stream. */
export class NewestRounds {
  private readonly most: number;
  private readonly numbers: Float64Array;
  private rounds = 0;
  private lines = 0;

  constructor(most: number) {
    this.most = most;
    this.numbers = new Float64Array(most * FIELDS).fill(Number.NaN);
  }

  /** Lines of the ledger so far. */
  get place(): number {
    return this.lines;
  }

  /** @returns the number of the round */
  submitted(submittedAt: number, forecast: Forecast): number {
    const { numbers } = this;
    const round = this.rounds++;
    const at = (round % this.most) * FIELDS;
    numbers[at + ROUND] = round;
    numbers[at + SUBMITTED_AT] = submittedAt;
    numbers[at + SUBMITTED] = this.lines++;
    numbers[at + STARTED] = Number.NaN;
    numbers[at + LABELLED] = Number.NaN;
    numbers[at + SERVED] = forecast.q;
    numbers[at + WITH_VGAC] = forecast.withVgac ? 1 : 0;
    numbers[at + B_WITHOUT_VGAC] = forecast.bWithoutVgac;
    numbers[at + B_WITH_VGAC] = forecast.bWithVgac;
    numbers.set(forecast.inputs, at + OF_INPUTS);
    numbers.set(forecast.z, at + OF_Z);
    return round;
  }

  started(round: number, waitSeconds: number): void {
    this.note(round, STARTED, WAIT, waitSeconds);
  }

  labelled(round: number, y: 0 | 1): void {
    this.note(round, LABELLED, LONG, y);
  }

  /** The facts from a place in the ledger on, in its order. Valid until the next round is submitted. */
  since(place: number): Fact[] {
    const found: { place: number; fact: Fact }[] = [];
    for (let slot = 0; slot < Math.min(this.rounds, this.most); slot++) {
      const at = slot * FIELDS;
      for (const [field, factAt] of FACTS) {
        const its = this.numbers[at + field] ?? Number.NaN;
        if (its >= place) found.push({ place: its, fact: factAt(this.numbers.subarray(at, at + FIELDS)) });
      }
    }
    return found.sort((a, b) => a.place - b.place).map(({ fact }) => fact);
  }

  private note(round: number, placeField: number, field: number, value: number): void {
    const { numbers } = this;
    const at = (round % this.most) * FIELDS;
    // A newer round may have taken its place.
    if (numbers[at + ROUND] !== round) return;
    numbers[at + placeField] = this.lines++;
    numbers[at + field] = value;
  }
}

const at = (numbers: Float64Array, field: number): number => numbers[field] ?? Number.NaN;
const zOf = (numbers: Float64Array) => numbers.subarray(OF_Z, FIELDS);

const FACTS: readonly (readonly [number, (numbers: Float64Array) => Fact])[] = [
  [
    SUBMITTED,
    (of) => ({
      kind: 'submitted',
      round: at(of, ROUND),
      submittedAt: at(of, SUBMITTED_AT),
      inputs: of.subarray(OF_INPUTS, OF_Z),
    }),
  ],
  [STARTED, (of) => ({ kind: 'started', round: at(of, ROUND), waitSeconds: at(of, WAIT), z: zOf(of) })],
  [
    LABELLED,
    (of) => ({
      kind: 'labelled',
      round: at(of, ROUND),
      submittedAt: at(of, SUBMITTED_AT),
      y: at(of, LONG) === 1 ? 1 : 0,
      q: at(of, SERVED),
      withVgac: at(of, WITH_VGAC) === 1,
      taught: { z: zOf(of), bWithoutVgac: at(of, B_WITHOUT_VGAC), bWithVgac: at(of, B_WITH_VGAC) },
    }),
  ],
];
