/** The last few values of a quantity; a new one replaces the oldest. */
export interface Recent {
  readonly values: Float64Array;
  size: number;
  /** Where the next value goes. */
  next: number;
}

export function recentFor(capacity: number): Recent {
  return { values: new Float64Array(capacity), size: 0, next: 0 };
}

export function addTo(recent: Recent, value: number): void {
  const { values, next } = recent;
  values[next] = value;
  recent.next = next + 1 === values.length ? 0 : next + 1;
  if (recent.size < values.length) recent.size += 1;
}

export function meanOf({ values, size }: Recent, otherwise: number): number {
  if (size === 0) return otherwise;
  let sum = 0;
  for (let i = 0; i < size; i++) sum += values[i] ?? 0;
  return sum / size;
}

export function forget(recent: Recent): void {
  recent.size = 0;
  recent.next = 0;
}
