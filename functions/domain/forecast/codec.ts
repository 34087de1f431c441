import { type Port, Reader, UnreadableState, Writer } from '../calibration/octets.ts';
import type { PlattMap } from '../calibration/platt.ts';
import type { Choice } from './choice.ts';
import type { Logistic } from './logistic.ts';
import type { QueueState } from './queue.ts';
import type { Recent } from './recent.ts';
import { coldForecast, type ForecastState, type Learned, type Model, nothingLearned } from './state.ts';
import { type QueueRow, queueRow, type ShapeRow, shapeRow } from './tables.ts';

/** First byte of each, so that later layouts can be recognised. */
const FORMAT = 1;

/**
 * The state as bytes, less than 4 KB: little-endian numbers in fixed order. Off-diagonal entries of a covariance keep seven
 * digits; everything else is restored exactly.
 */
export function serialiseForecast(state: ForecastState): Uint8Array<ArrayBuffer> {
  return written((port) => forecastLayout(port, state));
}

/** @throws UnreadableState when the bytes have another format, or hold a NaN */
export function deserialiseForecast(bytes: Uint8Array): ForecastState {
  return read(bytes, coldForecast(), forecastLayout);
}

/** What a refit learned, as bytes. */
export function serialiseLearned(learned: Learned): Uint8Array<ArrayBuffer> {
  return written((port) => learnedLayout(port, learned));
}

/** @throws UnreadableState */
export function deserialiseLearned(bytes: Uint8Array): Learned {
  return read(bytes, nothingLearned(), learnedLayout);
}

/** One row of the table of shapes, as bytes. */
export function serialiseShape(row: ShapeRow): Uint8Array<ArrayBuffer> {
  return written((port) => shapeLayout(port, row));
}

/** @throws UnreadableState */
export function deserialiseShape(bytes: Uint8Array): ShapeRow {
  return read(bytes, shapeRow(), shapeLayout);
}

/** One row of the table of queues, as bytes. */
export function serialiseQueue(row: QueueRow): Uint8Array<ArrayBuffer> {
  return written((port) => queueLayout(port, row));
}

/** @throws UnreadableState */
export function deserialiseQueue(bytes: Uint8Array): QueueRow {
  return read(bytes, queueRow(), queueLayout);
}

/** A list of numbers as bytes, such as the inputs of a decision on its job's row. */
export function packed(numbers: Float64Array): Uint8Array<ArrayBuffer> {
  return written((port) => doubles(port, numbers));
}

/** @param into has the expected length. @throws UnreadableState when the bytes have another */
export function unpacked(bytes: Uint8Array, into: Float64Array): Float64Array {
  return read(bytes, into, doubles);
}

function written(layout: (port: Port) => void): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.byte(FORMAT);
  layout(writer);
  return writer.bytes();
}

function read<Part>(bytes: Uint8Array, part: Part, layout: (port: Port, part: Part) => void): Part {
  const reader = new Reader(bytes);
  if (reader.byte() !== FORMAT) throw new UnreadableState('the format of this forecast is not known');
  layout(reader, part);
  reader.end();
  return part;
}

/** One description of the format for both directions, so that they cannot disagree. */
function forecastLayout(port: Port, { queue, learned, choice }: ForecastState): void {
  queueStateLayout(port, queue);
  learnedLayout(port, learned);
  choiceLayout(port, choice);
}

function queueStateLayout(port: Port, queue: QueueState): void {
  queue.pending = port.signed(queue.pending);
  queue.pendingGpus = finite(port.double(queue.pendingGpus));
  queue.running = port.signed(queue.running);
  queue.runSeconds = finite(port.double(queue.runSeconds));
  const last = port.double(queue.lastSubmitted ?? Number.NaN);
  queue.lastSubmitted = Number.isNaN(last) ? null : last;
  const { rate, tables, aged, corrected } = queue;
  const newest = port.double(rate.newest ?? Number.NaN);
  rate.newest = Number.isNaN(newest) ? null : newest;
  for (let i = 0; i < rate.counts.length; i++) rate.counts[i] = port.integer(rate.counts[i] ?? 0);
  recent(port, queue.waits);
  recent(port, queue.longs, 'bits');
  tables.shapes = port.integer(tables.shapes);
  tables.queues = port.integer(tables.queues);
  tables.additions = port.integer(tables.additions);
  aged.pending = port.integer(aged.pending);
  aged.running = port.integer(aged.running);
  corrected.snapshots = port.integer(corrected.snapshots);
  corrected.jobs = port.integer(corrected.jobs);
}

function learnedLayout(port: Port, { moments, queueOnly, withVgac, wait }: Learned): void {
  doubles(port, moments.mean);
  doubles(port, moments.variance);
  for (let i = 0; i < moments.n.length; i++) moments.n[i] = port.integer(moments.n[i] ?? 0);
  model(port, queueOnly);
  model(port, withVgac);
  doubles(port, wait.weights);
}

function model(port: Port, { logistic, platt }: Model): void {
  doubles(port, logistic.weights);
  covariance(port, logistic);
  plattLayout(port, platt);
}

/** Stores one half of a symmetric matrix and mirrors it. */
function covariance(port: Port, { covariance: values, weights: { length: size } }: Logistic): void {
  for (let i = 0; i < size; i++) {
    values[i * size + i] = finite(port.double(values[i * size + i] ?? 0));
    for (let j = i + 1; j < size; j++) {
      const value = finite(port.float(values[i * size + j] ?? 0));
      values[i * size + j] = value;
      values[j * size + i] = value;
    }
  }
}

function plattLayout(port: Port, map: PlattMap): void {
  map.a = finite(port.double(map.a));
  map.b = finite(port.double(map.b));
  map.p00 = finite(port.double(map.p00));
  map.p01 = finite(port.double(map.p01));
  map.p11 = finite(port.double(map.p11));
}

function choiceLayout(port: Port, choice: Choice): void {
  const { gains, times } = choice;
  choice.size = within(port.byte(choice.size), gains.length);
  choice.next = within(port.byte(choice.next), gains.length - 1);
  for (let i = 0; i < choice.size; i++) {
    gains[i] = port.signed(gains[i] ?? 0);
    times[i] = finite(port.double(times[i] ?? 0));
  }
  choice.labels = port.byte(choice.labels);
  choice.gain = finite(port.double(choice.gain));
  choice.time = finite(port.double(choice.time));
  choice.withVgac = port.byte(choice.withVgac ? 1 : 0) === 1;
}

function shapeLayout(port: Port, row: ShapeRow): void {
  row.pending = port.signed(row.pending);
  row.added = port.integer(row.added);
  recent(port, row.waits);
  recent(port, row.longs, 'bits');
}

function queueLayout(port: Port, row: QueueRow): void {
  row.added = port.integer(row.added);
  recent(port, row.waits);
}

function recent(port: Port, values: Recent, as: 'doubles' | 'bits' = 'doubles'): void {
  values.size = within(port.byte(values.size), values.values.length);
  values.next = within(port.byte(values.next), values.values.length - 1);
  for (let i = 0; i < values.size; i++) {
    const value = values.values[i] ?? 0;
    values.values[i] = as === 'bits' ? port.bits(value, 1) : finite(port.double(value));
  }
  port.align();
}

function doubles(port: Port, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) values[i] = port.double(values[i] ?? 0);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new UnreadableState('a number of the forecast is not finite');
  return value;
}

function within(value: number, most: number): number {
  if (value > most) throw new UnreadableState(`${value} points outside a ring of ${most}`);
  return value;
}
