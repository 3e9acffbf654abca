/**
 * The archiving of rooms is divided into so many parts, each of which one service has: that of a room is the remainder of its partition.
 * A part of what is stored: who has another number closes other parts.
 */
export const ARCHIVE_PARTITIONS = 16;

/** The name of the lease of a part. */
export function archiveLease(part: string): string {
  return `archive/${part}`;
}
