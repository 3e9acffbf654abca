/** One thing that a process needs to do its work, as it is now. */
export interface Check {
  /** What is looked at, in a word that stays the same: `broker`, `storage`, `eventLoop`. */
  readonly name: string;
  /** Which one, where there are several alike: a shard, a hook. */
  readonly part?: string;
  /** Why it is not as it should be, in a few words for people; absent where it is. */
  readonly reason?: string | undefined;
  /** Whether the process should get no traffic while there is a reason. Without it, it serves all the same: no other one is better off. */
  readonly isBlocking?: boolean;
}
