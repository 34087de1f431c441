/** What people are told, whatever they asked for. */
export const DISK_FULL = 'There is no space left on the disk';

/** File systems say it by code, the tables in words; either may stand several causes deep. */
export function isDiskFull(error: Error): boolean {
  if ('code' in error && error.code === 'ENOSPC') return true;
  if (error.message.includes('disk is full')) return true;
  return error.cause instanceof Error && isDiskFull(error.cause);
}
