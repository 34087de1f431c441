/**
 * Compiles a pattern with `*` and `?`. With a separator neither of them goes beyond it, as in the parts of an ARN.
 */
export function glob(pattern: string, separator?: ':'): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  const any = separator === undefined ? '[^]' : `[^${separator}]`;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', `${any}*`)
    .replaceAll('?', any);
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

/**
 * Compiles the pattern of a Resource: in the first five parts of an ARN a wildcard stays within its part, in the rest it
 * matches everything.
 */
export function arnGlob(pattern: string): (arn: string) => boolean {
  const parts = pattern.split(':');
  if (pattern === '*' || !/[*?]/.test(pattern)) return glob(pattern);
  const head = glob(parts.slice(0, 5).join(':'), ':');
  const rest = glob(parts.slice(5).join(':'));
  return (arn) => {
    const given = arn.split(':');
    return head(given.slice(0, 5).join(':')) && rest(given.slice(5).join(':'));
  };
}
