/** The assembly uses something this runtime does not support. Lists every fault at once, each with its resource. */
export class UnsupportedAssembly extends Error {
  override readonly name = 'UnsupportedAssembly' as const;
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`This assembly cannot run on one machine:\n${problems.map((problem) => `- ${problem}`).join('\n')}`, options);
    this.problems = problems;
  }
}

/** @throws UnsupportedAssembly always */
export function refuse(problem: string): never {
  throw new UnsupportedAssembly([problem]);
}
