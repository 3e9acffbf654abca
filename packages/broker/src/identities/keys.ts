import type { KeySpace } from '../redis/keys.ts';

/** What a place that is not its archive calls the cluster has a name of its own; an archive's has none, and needs none: a cluster has one archive. */
export const ARCHIVE_IDENTITY = '';

/** Text: what the cluster is called. Of all its rooms, and in one place. */
export function identityKey(space: KeySpace, by: string): string {
  return `${space.baseOf('identity')}identity/${by}`;
}
