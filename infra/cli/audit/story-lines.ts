import colors from 'picocolors';
import type { StoryLine } from '../../console/story.ts';

/** A story for a terminal. */
export function printable(lines: readonly StoryLine[]): string[] {
  const rounds = [...Map.groupBy(lines, ({ submittedAt }) => submittedAt).values()];
  return rounds.flatMap((story) => {
    const [first] = story;
    const name = first && `${first.clusterId} / ${first.jobId}`;
    const which = rounds.length > 1 ? `, submitted at ${first?.submittedAt}` : '';
    return [colors.bold(`${name}${which}`), ...story.flatMap(printableLine)];
  });
}

function printableLine({ at, who, what, hash, why }: StoryLine): string[] {
  return [
    `${at}  ${colors.cyan(who)}  ${what}${hash === null ? '' : colors.dim(`  #${hash.slice(0, 12)}`)}`,
    ...(why === null ? [] : [colors.dim(`    why: ${why}`)]),
  ];
}

/** JSON Lines: one thing that happened per line. */
export const jsonLine = (line: StoryLine) => `${JSON.stringify(line)}\n`;
