import { EVIDENCE_RING, OUTCOME_RING } from '../thresholds.ts';
import { tierRulesOf } from '../tier-numbers.ts';
import { differences } from './differences.ts';
import { bandOfSeverity, severityOf } from './drift.ts';
import { type Port, Reader, UnreadableState, Writer } from './octets.ts';
import { fromSteps, orderOutcomes, stepsOf } from './outcome-ring.ts';
import { RAW_STEPS } from './psi.ts';
import type { SampledRing } from './sampled-ring.ts';
import { type CalibrationState, type Evaluation, initialState, type TierState } from './state.ts';

export { UnreadableState } from './octets.ts';

/** First byte of every state, so that later layouts can be recognised. */
const FORMAT = 3;
/** Still read: without the days of the evidence, which are counted from there on; a rebuild from the ledger counts them all. */
const WITHOUT_DAYS = 2;
/** Still read: the same, and it held the experts that served before the queue's own forecast did. */
const WITH_EXPERTS = 1;
const MOST_KNOTS = 32;

/**
 * The state as bytes: little-endian numbers in fixed order, times as differences. With whole seconds it takes at most 8 KB,
 * so that it fits into its cluster's item. `deserialise` restores the same state.
 */
export function serialise(state: CalibrationState): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  layout(writer, state);
  return writer.bytes();
}

/** @throws UnreadableState when the bytes have another format, or point outside their rings */
export function deserialise(bytes: Uint8Array): CalibrationState {
  const state = initialState(tierRulesOf({}));
  const reader = new Reader(bytes);
  layout(reader, state);
  reader.end();
  orderOutcomes(state.outcomes);
  return state;
}

/** One description of the format for both directions, so that they cannot disagree. */
function layout(port: Port, state: CalibrationState): void {
  const format = port.byte(FORMAT);
  if (format > FORMAT || format < WITH_EXPERTS) throw new UnreadableState('the format of this state is not known');
  counters(port, state);
  waits(port, state, format === WITH_EXPERTS);
  state.evaluation = evaluation(port, state.evaluation);
  for (const tier of state.tiers) tierLayout(port, tier, format > WITHOUT_DAYS);
  outcomes(port, state);
  shift(port, state);
}

function counters(port: Port, state: CalibrationState): void {
  state.drift = band(port, state.drift);
  state.driftNow = band(port, state.driftNow);
  state.driftClear = port.integer(state.driftClear);
  state.n = port.integer(state.n);
  state.sinceEpoch = port.integer(state.sinceEpoch);
  state.epoch = port.integer(state.epoch);
  state.version = port.integer(state.version);
  state.alarms.served = port.integer(state.alarms.served);
  state.alarms.raw = port.integer(state.alarms.raw);
  state.servedAlarm = port.integer(state.servedAlarm);
  state.rawAlarm = port.integer(state.rawAlarm);
  state.lastTime = optional(port, state.lastTime);
  state.baselineEce = optional(port, state.baselineEce);
  state.lastGoodEce = optional(port, state.lastGoodEce);
}

function band(port: Port, value: CalibrationState['drift']): CalibrationState['drift'] {
  const read = bandOfSeverity(port.byte(severityOf(value)));
  if (read === null) throw new UnreadableState('unknown drift band');
  return read;
}

/** The experts are skipped on reading and never written again. */
function waits(port: Port, { interval, served, raw }: CalibrationState, withExperts: boolean): void {
  if (withExperts) skip(port, BIAS);
  interval.lo = port.double(interval.lo);
  interval.hi = port.double(interval.hi);
  interval.up = port.double(interval.up);
  if (withExperts) skip(port, PLATT + WEIGHTS);
  for (const vector of [served, raw]) {
    for (let i = 0; i < vector.length; i++) vector[i] = port.double(vector[i] ?? 0);
  }
  if (withExperts) skip(port, 2 * within(port.byte(0), MOST_KNOTS));
}

/** How many numbers the experts take in the previous format. */
const BIAS = 1;
const PLATT = 15;
const WEIGHTS = 6;

function skip(port: Port, doubles: number): void {
  for (let i = 0; i < doubles; i++) port.double(0);
}

/** NaN encodes null; no other value may be NaN and count as evidence. */
function optional(port: Port, value: number | null): number | null {
  const answer = port.double(value ?? Number.NaN);
  return Number.isNaN(answer) ? null : answer;
}

function evaluation(port: Port, value: Evaluation | null): Evaluation | null {
  const n = port.integer(value?.n ?? 0);
  const ece = port.double(value?.ece ?? 0);
  const error = port.double(value?.error ?? 0);
  const lower = port.double(value?.lower ?? 0);
  const upper = port.double(value?.upper ?? 0);
  const nullMean = port.double(value?.nullMean ?? 0);
  const skilled = port.byte(value?.skilled ? 1 : 0) === 1;
  return n === 0 ? null : { n, ece, error, lower, upper, nullMean, skilled };
}

function tierLayout(port: Port, tier: TierState, withDays: boolean): void {
  const { numbers } = tier;
  tier.numbers = {
    eps: port.double(numbers.eps),
    ece: port.double(numbers.ece),
    promise: port.double(numbers.promise),
    start: port.integer(numbers.start),
  };
  tier.era = port.integer(tier.era);
  tier.tokens = port.signed(tier.tokens);
  tier.wrongWeight = port.integer(tier.wrongWeight);
  tier.rightWeight = port.integer(tier.rightWeight);
  tier.right = port.integer(tier.right);
  tier.wrong = port.integer(tier.wrong);
  tier.heldRight = port.integer(tier.heldRight);
  tier.heldWrong = port.integer(tier.heldWrong);
  tier.undone = port.integer(tier.undone);
  tier.touched = port.integer(tier.touched);
  tier.paperRight = port.integer(tier.paperRight);
  tier.paperWrong = port.integer(tier.paperWrong);
  sampled(port, tier.evidence, EVIDENCE_RING.size);
  bits(port, tier.evidence.y, tier.evidence.size);
  if (!withDays) return;
  tier.days.seen = port.integer(tier.days.seen);
  tier.days.last = port.signed(tier.days.last);
}

function outcomes(port: Port, { outcomes: ring }: CalibrationState): void {
  sampled(port, ring, OUTCOME_RING.size);
  for (let slot = 0; slot < ring.size; slot++) ring.q[slot] = fromSteps(port.triple(stepsOf(ring.q[slot] ?? 0)));
  bits(port, ring.y, ring.size);
}

/** Times in whole seconds if the scheduler reports no fractions, else in milliseconds; oldest label to newest. */
function sampled(port: Port, ring: SampledRing, capacity: number): void {
  const size = within(port.short(ring.size), capacity);
  const head = within(port.short(ring.head), capacity - 1);
  Object.assign(ring, { size, head });
  const whole = ring.at.subarray(0, size).every(Number.isInteger);
  const perSecond = port.byte(whole ? 0 : 1) === 0 ? 1 : 1000;
  const oldest = (head - size + capacity) % capacity;
  const times = new Float64Array(size);
  for (let age = 0; age < size; age++) times[age] = Math.round((ring.at[(oldest + age) % capacity] ?? 0) * perSecond);
  differences(port, times, size);
  for (let age = 0; age < size; age++) ring.at[(oldest + age) % capacity] = (times[age] ?? 0) / perSecond;
  for (let i = 0; i < 2; i++) {
    ring.stretches[i] = port.signed(ring.stretches[i] ?? 0);
    ring.offered[i] = port.integer(ring.offered[i] ?? 0);
  }
}

function bits(port: Port, values: Uint8Array, size: number): void {
  for (let from = 0; from < size; from += 8) {
    let packed = 0;
    for (let bit = 0; bit < 8; bit++) packed |= (values[from + bit] ?? 0) << bit;
    packed = port.byte(packed);
    for (let bit = 0; bit < 8 && from + bit < size; bit++) values[from + bit] = (packed >> bit) & 1;
  }
}

function shift(port: Port, { shift: raw }: CalibrationState): void {
  raw.collected = within(port.short(raw.collected), raw.first.length);
  if (raw.collected < raw.first.length) {
    // They are only binned later, so their order does not matter; in ascending order they take half the room.
    const ascending = Float64Array.from(raw.first.subarray(0, raw.collected)).sort();
    differences(port, ascending, raw.collected);
    for (let i = 0; i < raw.collected; i++) raw.first[i] = within(ascending[i] ?? 0, RAW_STEPS);
    return;
  }
  for (let i = 0; i < raw.edges.length; i++) raw.edges[i] = port.short(raw.edges[i] ?? 0);
  for (let i = 0; i < raw.expected.length; i++) raw.expected[i] = port.short(raw.expected[i] ?? 0);
  raw.size = within(port.short(raw.size), raw.newest.length);
  raw.head = within(port.short(raw.head), raw.newest.length - 1);
  raw.counts.fill(0);
  for (let i = 0; i < raw.size; i += 2) {
    const both = port.byte((raw.newest[i] ?? 0) + 16 * (raw.newest[i + 1] ?? 0));
    noteBin(raw, i, both & 15);
    if (i + 1 < raw.size) noteBin(raw, i + 1, both >> 4);
  }
}

function noteBin(raw: CalibrationState['shift'], i: number, bin: number): void {
  within(bin, raw.counts.length - 1);
  raw.newest[i] = bin;
  raw.counts[bin] = (raw.counts[bin] ?? 0) + 1;
}

function within(value: number, most: number): number {
  if (value > most) throw new UnreadableState(`${value} points outside a ring of ${most}`);
  return value;
}
