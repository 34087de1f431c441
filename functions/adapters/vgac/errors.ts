/** VGAC did not answer: network, timeout, 5xx or 429, still so after the retries. Worth trying again later. */
export class VgacUnavailable extends Error {
  override readonly name = 'VgacUnavailable' as const;
}

/** VGAC answered and said no (4xx, or a redirect): the same request fails the same way. */
export class VgacRefused extends Error {
  override readonly name = 'VgacRefused' as const;
  /** HTTP status; null when the request was not even sent, because a setting is wrong. */
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

/** VGAC answered something that is not its wire format. Nothing is decided on it. */
export class VgacMalformed extends Error {
  override readonly name = 'VgacMalformed' as const;
}
