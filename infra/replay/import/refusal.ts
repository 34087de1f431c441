/** A file that cannot be read as a history: what was found, what is needed, and the line to type. The other files go on. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile' as const;
}

/** Text of a file as it may be shown: short, and without what moves a terminal. */
export function shown(text: string, most = 40): string {
  return text.slice(0, most).replace(/[\p{Cc}\p{Cf}\ufffd]/gu, '?');
}
