/** A file that cannot be read as a history: what was found, what is needed, and the command to run. Other files go on. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile' as const;
}

/** Text from a file made safe to print: short, and without terminal control characters. */
export function shown(text: string, most = 40): string {
  return text.slice(0, most).replace(/[\p{Cc}\p{Cf}\ufffd]/gu, '?');
}
