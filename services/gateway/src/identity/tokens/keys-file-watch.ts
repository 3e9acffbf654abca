import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';

import { ConfigError } from '@outcry/config';
import type { Logger } from '@outcry/service';

import type { KeySet, SkippedKey } from './key-set.ts';
import type { VerificationKey } from './verification-key.ts';

/** A file is written in several steps; it is read when nothing more has happened for this long. */
const QUIET_MS = 200;

export interface KeysFileWatchOptions {
  readonly path: string;
  /** What of it cannot be used, as it was read at the start. */
  readonly skipped: readonly SkippedKey[];
  /** @throws ConfigError where the file is no good */
  readonly read: () => KeySet;
  readonly onKeys: (keys: readonly VerificationKey[]) => void;
  readonly logger: Logger;
}

/**
 * Reads the file of keys again when it has changed. A file that is no good changes nothing. It is the folder that is watched:
 * files are replaced by others of their name, and Kubernetes swaps a link beside them.
 */
export class KeysFileWatch {
  readonly #options: KeysFileWatchOptions;
  readonly #watcher: FSWatcher;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeysFileWatchOptions) {
    this.#options = options;
    this.#tellSkipped(options.skipped);
    this.#watcher = watch(dirname(options.path), { persistent: false }, () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.readNow();
      }, QUIET_MS).unref();
    });
    this.#watcher.on('error', (err) => {
      options.logger.error({ err }, 'keys file not watched any more');
    });
  }

  /** For whoever has changed the file and will not wait, or where changes are not told: on network file systems, say. */
  readNow(): void {
    const { path, read, onKeys, logger } = this.#options;
    try {
      const { keys, skipped } = read();
      onKeys(keys);
      logger.info({ path, keys: keys.length }, 'keys file read again');
      this.#tellSkipped(skipped);
    } catch (err) {
      if (!(err instanceof ConfigError)) throw err;
      logger.error({ path, problems: err.problems }, 'keys file is no good; the keys of before stay');
    }
  }

  #tellSkipped(skipped: readonly SkippedKey[]): void {
    const { path, logger } = this.#options;
    for (const { key, why } of skipped) logger.warn({ path, key, why }, 'key cannot be used, and is left out');
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher.close();
  }
}
