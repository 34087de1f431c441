import { bandOfSeverity, severityOf } from './drift.ts';
import type { EceEstimate } from './ece.ts';
import { type IsotonicMap, MOST_KNOTS } from './map.ts';
import { type BitRing, orderOutcomes } from './rings.ts';
import { CALIBRATION, type CalibrationState, initialState } from './state.ts';

/** First byte of every state, so that a later layout can be told apart. Format 1 ended before the epoch's map. */
const FORMAT = 2;
const FORMAT_WITHOUT_MAP = 1;
const RING_BITS = Math.ceil(CALIBRATION.ring / 8);

/** The stored bytes are not a calibration state. Whoever meets it has no evidence, and escalates. */
export class UnreadableState extends Error {
  override readonly name = 'UnreadableState' as const;
}

/**
 * The state as bytes: little-endian doubles and integers in fixed order, 3.3 KB whatever the history, so that it fits the
 * one item of its cluster. `deserialise` gives back the same bits.
 */
export function serialise(state: CalibrationState): Uint8Array<ArrayBuffer> {
  const writer = new Writer(SIZE);
  layout(writer, state);
  epochLayout(writer, state);
  return writer.bytes;
}

/** @throws UnreadableState when the bytes have another length or format, or point outside their rings */
export function deserialise(bytes: Uint8Array): CalibrationState {
  const format = bytes[0];
  if (format !== FORMAT && format !== FORMAT_WITHOUT_MAP) throw new UnreadableState(`format ${format} is not known`);
  const size = format === FORMAT ? SIZE : SIZE_WITHOUT_MAP;
  if (bytes.length !== size) throw new UnreadableState(`a state has ${size} bytes, this has ${bytes.length}`);
  const state = initialState();
  const reader = new Reader(bytes);
  layout(reader, state);
  if (format === FORMAT) epochLayout(reader, state);
  orderOutcomes(state.outcomes);
  return state;
}

/** A copy that shares nothing: the fold changes the copy and keeps the original for a lost race. */
export function copyOf(state: CalibrationState): CalibrationState {
  return structuredClone(state);
}

/** Either direction of the codec: each call writes what it is given, or answers what was written. */
interface Port {
  byte(value: number): number;
  integer(value: number): number;
  double(value: number): number;
}

class Writer implements Port {
  readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  byte(value: number): number {
    this.view.setUint8(this.at++, value);
    return value;
  }

  integer(value: number): number {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
    return value;
  }

  double(value: number): number {
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
    return value;
  }
}

class Reader implements Port {
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.view.getUint8(this.at++);
  }

  integer(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  double(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }
}

/** Only measures. */
class Measure implements Port {
  size = 0;

  byte(value: number): number {
    this.size += 1;
    return value;
  }

  integer(value: number): number {
    this.size += 4;
    return value;
  }

  double(value: number): number {
    this.size += 8;
    return value;
  }
}

/** The one description of the format, for both directions, so that they cannot disagree. */
function layout(port: Port, state: CalibrationState): void {
  port.byte(FORMAT);
  const drift = bandOfSeverity(port.byte(severityOf(state.drift)));
  if (drift === null) throw new UnreadableState('unknown drift band');
  state.drift = drift;
  state.driftClear = port.integer(state.driftClear);
  state.hold = port.integer(state.hold);
  state.caution = port.integer(state.caution);
  state.n = port.integer(state.n);
  state.sinceEpoch = port.integer(state.sinceEpoch);
  state.epoch = port.integer(state.epoch);
  state.version = port.integer(state.version);
  state.alarms.harm = port.integer(state.alarms.harm);
  state.alarms.served = port.integer(state.alarms.served);
  state.alarms.raw = port.integer(state.alarms.raw);
  state.lastTime = optional(port, state.lastTime);
  state.baselineEce = optional(port, state.baselineEce);
  state.lastGoodEce = optional(port, state.lastGoodEce);
  state.bias = port.double(state.bias);
  state.tau = port.double(state.tau);
  state.tokens.statement = port.double(state.tokens.statement);
  state.tokens.intervention = port.double(state.tokens.intervention);
  state.interval.lo = port.double(state.interval.lo);
  state.interval.hi = port.double(state.interval.hi);
  state.interval.up = port.double(state.interval.up);
  for (const map of state.platt) {
    map.a = port.double(map.a);
    map.b = port.double(map.b);
    map.p00 = port.double(map.p00);
    map.p01 = port.double(map.p01);
    map.p11 = port.double(map.p11);
  }
  for (const vector of [state.weights, state.harm, state.served, state.raw]) {
    for (let i = 0; i < vector.length; i++) vector[i] = port.double(vector[i] ?? 0);
  }
  state.recent = estimate(port, state.recent);
  state.whole = estimate(port, state.whole);
  harms(port, state.harms.statement);
  harms(port, state.harms.intervention);
  outcomes(port, state);
}

/** What format 2 added: how long an alarm on raw p counts, and the map in force. */
function epochLayout(port: Port, state: CalibrationState): void {
  state.modelDrift = port.integer(state.modelDrift);
  const size = within(port.byte(state.map?.x.length ?? 0), MOST_KNOTS);
  const knots: IsotonicMap = { x: new Float64Array(size), y: new Float64Array(size) };
  for (let i = 0; i < MOST_KNOTS; i++) {
    const [x, y] = [port.double(state.map?.x[i] ?? 0), port.double(state.map?.y[i] ?? 0)];
    if (i >= size) continue;
    if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) throw new UnreadableState('a knot of the map is not a probability');
    knots.x[i] = x;
    knots.y[i] = y;
  }
  state.map = size === 0 ? null : knots;
}

/** NaN stands for null; nothing else may be NaN and count as evidence. */
function optional(port: Port, value: number | null): number | null {
  const answer = port.double(value ?? Number.NaN);
  return Number.isNaN(answer) ? null : answer;
}

function estimate(port: Port, value: EceEstimate | null): EceEstimate | null {
  const n = port.integer(value?.n ?? 0);
  const ece = port.double(value?.ece ?? 0);
  const lower = port.double(value?.lower ?? 0);
  const upper = port.double(value?.upper ?? 0);
  const nullMean = port.double(value?.nullMean ?? 0);
  return n === 0 ? null : { n, ece, lower, upper, nullMean };
}

function harms(port: Port, ring: BitRing): void {
  ring.head = within(port.integer(ring.head), ring.bits.length - 1);
  ring.size = within(port.integer(ring.size), ring.bits.length);
  ring.ones = 0;
  for (let i = 0; i < ring.bits.length; i++) {
    const bit = port.byte(ring.bits[i] ?? 0) & 1;
    ring.bits[i] = bit;
    ring.ones += bit;
  }
}

function outcomes(port: Port, state: CalibrationState): void {
  const ring = state.outcomes;
  ring.head = within(port.integer(ring.head), ring.q.length - 1);
  ring.size = within(port.integer(ring.size), ring.q.length);
  for (let i = 0; i < ring.q.length; i++) {
    const q = ring.q[i] ?? 0;
    ring.q[i] = port.byte(q >> 8) * 256 + port.byte(q & 255);
  }
  for (let from = 0; from < RING_BITS * 8; from += 8) {
    let packed = 0;
    for (let bit = 0; bit < 8; bit++) packed |= (ring.y[from + bit] ?? 0) << bit;
    packed = port.byte(packed);
    for (let bit = 0; bit < 8 && from + bit < ring.y.length; bit++) ring.y[from + bit] = (packed >> bit) & 1;
  }
}

function within(value: number, most: number): number {
  if (value > most) throw new UnreadableState(`${value} points outside a ring of ${most}`);
  return value;
}

const SIZE_WITHOUT_MAP = measured(layout);
const SIZE = SIZE_WITHOUT_MAP + measured(epochLayout);

function measured(part: (port: Port, state: CalibrationState) => void): number {
  const measure = new Measure();
  part(measure, initialState());
  return measure.size;
}
