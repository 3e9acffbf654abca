import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

interface Entry {
  readonly digest: string;
  /** The test that noticed, by the name of what was planted. */
  readonly noticed: Readonly<Record<string, string>>;
}

/** What earlier runs have found noticed, for as long as the script is the same. What was not noticed is tried each time. */
export class State {
  readonly #directory: string;
  readonly #isAnew: boolean;

  constructor(directory: string, isAnew: boolean) {
    this.#directory = directory;
    this.#isAnew = isAnew;
  }

  noticed(script: string, source: string): ReadonlyMap<string, string> {
    const path = this.#pathOf(script);
    if (this.#isAnew || !existsSync(path)) return new Map();
    const { digest, noticed } = JSON.parse(readFileSync(path, 'utf8')) as Entry;
    return new Map(digest === digestOf(source) ? Object.entries(noticed) : []);
  }

  keep(script: string, source: string, noticed: ReadonlyMap<string, string>): void {
    const entry: Entry = { digest: digestOf(source), noticed: Object.fromEntries(noticed) };
    const path = this.#pathOf(script);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(entry, undefined, 2));
  }

  #pathOf(script: string): string {
    return `${this.#directory}/${script}.json`;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
