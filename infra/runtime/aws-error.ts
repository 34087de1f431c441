/** An error as an AWS service returns it: `type` is the code that SDKs turn into an error name. */
export class AwsError extends Error {
  override readonly name = 'AwsError' as const;
  readonly type: string;
  readonly status: number;
  /** Further fields of the response, e.g. the item of a failed condition. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    type: string,
    message: string,
    status = 400,
    options: { cause?: unknown; extra?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options);
    this.type = type;
    this.status = status;
    this.extra = options.extra ?? {};
  }
}
