/** The secrets of this machine: named in the template, valued at start, held in memory only. */
export function createSecrets(
  declared: readonly { readonly name: string; readonly arn: string }[],
  values: Readonly<Record<string, string>>,
) {
  const all = new Map(Object.entries(values));
  const find = (id: string) => declared.find(({ name, arn }) => name === id || arn === id) ?? { name: id, arn: id };
  return {
    /** Looks a secret up by name or ARN; undefined when it does not exist or has no value yet. */
    read(id: string): { name: string; arn: string; value: string } | undefined {
      const { name, arn } = find(id);
      const value = all.get(name);
      return value === undefined ? undefined : { name, arn, value };
    },
    /** Names that the assembly declares and nobody gave a value. */
    missing: (): string[] => declared.map(({ name }) => name).filter((name) => !all.has(name)),
  };
}
export type Secrets = ReturnType<typeof createSecrets>;
