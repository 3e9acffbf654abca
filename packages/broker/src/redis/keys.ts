import { OutcryError } from '../outcry-error.ts';
import { partitionAt, partitionTagOf } from '../partition.ts';

const PREFIX_PATTERN = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * How every name that outcry uses in Redis begins: `<prefix>:{<partition tag>}:<kind>/<name>`. Each subject has a `keys.ts` of
 * its own with its kinds, of which no two subjects have the same one (backplanes/keys.test.ts).
 *
 * The first brace of a name is ours, so nothing behind it can move the name to another slot. What comes last stands as it is,
 * whatever is in it; what has something behind it is an `innerPart`. So two things never share a name.
 */
export class KeySpace {
  readonly #prefix: string;
  /** Where the tag begins in every name. */
  readonly #tagAt: number;

  /** @throws OutcryError `badConfig` where the prefix could not be told from the rest of a name */
  constructor(prefix: string) {
    if (!PREFIX_PATTERN.test(prefix)) {
      throw new OutcryError('badConfig', 'the Redis prefix must be 1 to 64 of A-Z, a-z, 0-9 and ._:-');
    }
    this.#prefix = prefix;
    this.#tagAt = prefix.length + 2;
  }

  /** How the names begin of everything that lies in the partition of `name`. */
  baseOf(name: string): string {
    return this.baseIn(partitionTagOf(name));
  }

  /** How the names of a partition begin; `*` gives a pattern for all of them. A prefix has nothing in it that a pattern would take for its own. */
  baseIn(tag: string): string {
    return `${this.#prefix}:{${tag}}:`;
  }

  /** The partition that a name of ours lies in. */
  partitionIn(name: string): number {
    return partitionAt(name, this.#tagAt);
  }
}

/** A part of a name behind which another one comes: without a slash, and like no other text's. Most are what they were. */
export function innerPart(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('/', '%2F');
}
