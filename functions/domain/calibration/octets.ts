/** The stored bytes are not a calibration state. The caller has no evidence then, and escalates. */
export class UnreadableState extends Error {
  override readonly name = 'UnreadableState' as const;
}

/** One direction of a codec: each call writes its argument, or returns what was written. Little-endian. */
export interface Port {
  byte(value: number): number;
  /** 16 bits, unsigned. */
  short(value: number): number;
  /** 24 bits, unsigned. */
  triple(value: number): number;
  /** A non-negative integer of variable length. */
  integer(value: number): number;
  /** A signed integer up to 2^53 of variable length. */
  signed(value: number): number;
  double(value: number): number;
  /** Single precision: half the size of a double, so the value comes back rounded. */
  float(value: number): number;
  /** At most 16 bits, unsigned, not aligned to bytes. `align` must end a run of them before anything else. */
  bits(value: number, width: number): number;
  /** A unary number: that many zeros and a one. */
  zeros(count: number): number;
  align(): void;
}

const FIRST_SIZE = 4096;
const LOW = 128;

export class Writer implements Port {
  private octets = new Uint8Array(FIRST_SIZE);
  private view = new DataView(this.octets.buffer);
  private at = 0;
  private loose = 0;
  private width = 0;

  bytes(): Uint8Array<ArrayBuffer> {
    return this.octets.slice(0, this.at);
  }

  byte(value: number): number {
    this.reserve(1);
    this.view.setUint8(this.at, value);
    this.at += 1;
    return value;
  }

  short(value: number): number {
    this.reserve(2);
    this.view.setUint16(this.at, value, true);
    this.at += 2;
    return value;
  }

  triple(value: number): number {
    this.byte(value & 255);
    this.short(value >> 8);
    return value;
  }

  /** Base 128: seven bits per byte, lowest first. */
  integer(value: number): number {
    let left = value;
    while (left >= LOW) {
      this.byte((left % LOW) + LOW);
      left = Math.floor(left / LOW);
    }
    this.byte(left);
    return value;
  }

  /** Zigzag: the sign is in the lowest bit. */
  signed(value: number): number {
    this.integer(value < 0 ? -2 * value - 1 : 2 * value);
    return value;
  }

  double(value: number): number {
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
    return value;
  }

  float(value: number): number {
    this.reserve(4);
    this.view.setFloat32(this.at, value, true);
    this.at += 4;
    return value;
  }

  bits(value: number, width: number): number {
    this.loose |= value << this.width;
    this.width += width;
    for (; this.width >= 8; this.width -= 8) {
      this.byte(this.loose & 255);
      this.loose >>>= 8;
    }
    return value;
  }

  zeros(count: number): number {
    let left = count;
    for (; left > 15; left -= 16) this.bits(0, 16);
    this.bits(2 ** left, left + 1);
    return count;
  }

  align(): void {
    if (this.width > 0) this.byte(this.loose);
    this.loose = 0;
    this.width = 0;
  }

  private reserve(count: number): void {
    if (this.at + count <= this.octets.length) return;
    const longer = new Uint8Array(2 * this.octets.length);
    longer.set(this.octets);
    this.octets = longer;
    this.view = new DataView(longer.buffer);
  }
}

/** @throws UnreadableState when the bytes end too early */
export class Reader implements Port {
  private readonly view: DataView;
  private at = 0;
  private loose = 0;
  private width = 0;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.view.getUint8(this.past(1));
  }

  short(): number {
    return this.view.getUint16(this.past(2), true);
  }

  triple(): number {
    return this.byte() + 256 * this.short();
  }

  integer(): number {
    let value = 0;
    let scale = 1;
    for (let octet = this.byte(); ; octet = this.byte()) {
      value += (octet % LOW) * scale;
      if (octet < LOW) return value;
      scale *= LOW;
      if (scale > Number.MAX_SAFE_INTEGER) throw new UnreadableState('a number is too long');
    }
  }

  signed(): number {
    const value = this.integer();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  double(): number {
    return this.view.getFloat64(this.past(8), true);
  }

  float(): number {
    return this.view.getFloat32(this.past(4), true);
  }

  bits(_: number, width: number): number {
    for (; this.width < width; this.width += 8) this.loose |= this.byte() << this.width;
    const value = this.loose & (2 ** width - 1);
    this.loose >>>= width;
    this.width -= width;
    return value;
  }

  zeros(): number {
    let count = 0;
    for (;;) {
      if (this.width === 0) {
        this.loose = this.byte();
        this.width = 8;
      }
      const one = this.loose & 1;
      this.loose >>>= 1;
      this.width -= 1;
      if (one === 1) return count;
      count += 1;
    }
  }

  align(): void {
    this.loose = 0;
    this.width = 0;
  }

  /** @throws UnreadableState when bytes are left over */
  end(): void {
    if (this.at !== this.view.byteLength)
      throw new UnreadableState(`${this.view.byteLength - this.at} bytes left over`);
  }

  private past(count: number): number {
    const from = this.at;
    if (from + count > this.view.byteLength)
      throw new UnreadableState(`the state ends after ${this.view.byteLength} bytes`);
    this.at = from + count;
    return from;
  }
}
