import { readFileSync, statSync } from 'node:fs';

import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

import { ConfigError } from '../settings.ts';

/** More than any configuration has; what is larger is another file. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Of aliases in all, so that a few lines do not stand for millions. */
const MAX_ALIASES = 100;
const MAX_SHOWN = 40;

/** What stands at some place of a file, as it is said in a problem. */
export interface Entry {
  readonly key: string;
  readonly keyNode: Node;
  /** Undefined where nothing stands behind the key. */
  readonly value: Node | undefined;
}

/** A file of YAML 1.2, of which JSON is a part; knows on which line what stands. */
export class ConfigDocument {
  readonly file: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  /** @throws ConfigError where the file cannot be read, or is not YAML */
  constructor(path: string) {
    this.file = path;
    this.#lines = new LineCounter();
    this.#document = parseDocument(readText(path), { lineCounter: this.#lines, prettyErrors: false, version: '1.2' });
    // A tag that is not known is a warning, and its value would be taken as it stands.
    const faults = [...this.#document.errors, ...this.#document.warnings];
    if (faults.length === 0) return;
    // What follows at the same place follows from it.
    const first = new Map(faults.toReversed().map(({ pos, message }) => [this.#placeOf(pos[0]), message]));
    throw new ConfigError(
      [...first]
        .toReversed()
        .map(([place, message]) => `${place}: found ${reasonOf(message)}, expected YAML 1.2 or JSON`),
    );
  }

  get root(): Node | undefined {
    return this.#document.contents ?? undefined;
  }

  /** `outcry.yaml:12:9`, both from 1. */
  place(node: Node): string {
    return this.#placeOf(node.range?.[0] ?? 0);
  }

  /** What an alias stands for, and everything else itself. */
  resolve(node: Node | undefined): Node | undefined {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  /** Undefined where it is no mapping; nothing at all is an empty one. */
  entriesOf(node: Node | undefined): readonly Entry[] | undefined {
    const resolved = this.resolve(node);
    if (resolved === undefined || (isScalar(resolved) && resolved.value === null)) return [];
    if (!isMap<Node, Node | null>(resolved)) return undefined;
    return resolved.items.map(({ key, value }) => ({
      key: isScalar(key) ? String(key.value) : 'a key that is no name',
      keyNode: key,
      value: value ?? undefined,
    }));
  }

  itemsOf(node: Node | undefined): readonly Node[] | undefined {
    const resolved = this.resolve(node);
    return isSeq<Node>(resolved) ? resolved.items : undefined;
  }

  /** @throws ReferenceError where aliases stand for more than anybody writes */
  valueOf(node: Node): unknown {
    return node.toJS(this.#document, { maxAliasCount: MAX_ALIASES });
  }

  /** The last node on a way into a structure, and whether the whole way is there. */
  follow(node: Node, path: readonly PropertyKey[]): { readonly node: Node; readonly isThere: boolean } {
    let at = node;
    for (const part of path) {
      const entry = this.entriesOf(at)?.find(({ key }) => key === String(part));
      const next = typeof part === 'number' ? this.itemsOf(at)?.[part] : (entry?.value ?? entry?.keyNode);
      if (next === undefined) return { node: at, isThere: false };
      at = next;
    }
    return { node: at, isThere: true };
  }

  keyNodeOf(node: Node, name: string): Node | undefined {
    return this.entriesOf(node)?.find(({ key }) => key === name)?.keyNode;
  }

  /** In words, and not more of it than fits on a line. */
  describe(node: Node | undefined): string {
    const resolved = this.resolve(node);
    if (isMap(resolved)) return 'a mapping';
    if (isSeq(resolved)) return 'a list';
    if (!isScalar(resolved) || resolved.value === null) return 'nothing';
    const shown = JSON.stringify(resolved.value);
    return shown.length <= MAX_SHOWN ? shown : `${shown.slice(0, MAX_SHOWN)}…`;
  }

  #placeOf(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.file}:${String(line)}:${String(col)}`;
  }
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size <= MAX_FILE_BYTES) return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new ConfigError([`${path}: cannot be read (${code}), expected a file of settings`]);
  }
  throw new ConfigError([`${path}: found more than ${String(MAX_FILE_BYTES)} bytes, expected a file of settings`]);
}

/** The parser's words without what it cites: that may be a secret. */
function reasonOf(message: string): string {
  const [sentence = ''] = message.split(/: ["']|: !|\n/);
  return `what it cannot be (${sentence})`;
}
