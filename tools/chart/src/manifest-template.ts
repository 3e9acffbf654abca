import { type Document, isMap, isPair, isScalar, isSeq, type Node, type Pair, parseAllDocuments } from 'yaml';

/** Keys of maps, numbers of items, and `name=X` for the item of a list that has this name, with dots between them. */
export type Path = string;

/** Puts text into the place of some of an object's. */
export type Edit = (object: ObjectText) => readonly Replacement[];

export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface ObjectEdits {
  /** A condition of Go templates, without which the object is not there. */
  readonly when?: string;
  readonly edits: readonly Edit[];
}

/** The text of one object in a file of manifests, with the places of what is in it. */
export class ObjectText {
  readonly name: string;
  readonly text: string;
  readonly #document: Document;

  constructor(text: string, document: Document) {
    const { kind, metadata } = document.toJS() as { readonly kind: string; readonly metadata: { name: string } };
    this.name = `${kind}/${metadata.name}`;
    this.text = text;
    this.#document = document;
  }

  /** What stands at a path; throws where nothing does. */
  at(path: Path): { readonly node: Node; readonly pair: Pair | undefined } {
    let node: unknown = this.#document.contents;
    let pair: Pair | undefined;
    for (const step of path.split('.').map(unescapeDots)) {
      const found = stepInto(node, step);
      if (found === undefined) throw new Error(`${this.name} has no ${path}: nothing is at ${step}`);
      pair = isPair(found) ? found : undefined;
      node = isPair(found) ? found.value : found;
    }
    return { node: node as Node, pair };
  }

  /** The value at a path. */
  valueAt(path: Path): unknown {
    return (this.at(path).node as { toJS(document: Document): unknown }).toJS(this.#document);
  }

  /** From the first letter of the object to behind its last. */
  get range(): readonly [number, number] {
    const contents = this.#document.contents as Node;
    return [startOf(contents), endOf(contents)];
  }

  columnOf(offset: number): number {
    return offset - lineStartOf(this.text, offset);
  }
}

function unescapeDots(step: string): string {
  return step.replaceAll('\u0000', '.');
}

/** A name with dots as one step of a path. */
export function step(name: string): string {
  return name.replaceAll('.', '\u0000');
}

function stepInto(node: unknown, name: string): unknown {
  if (isMap(node)) return node.items.find(({ key }) => isScalar(key) && key.value === name);
  if (!isSeq(node)) return undefined;
  const [, wanted] = /^name=(.*)$/.exec(name) ?? [];
  if (wanted === undefined) return node.items[Number(name)];
  return node.items.find((item) => isMap(item) && item.get('name') === wanted);
}

function startOf(node: Node): number {
  if (node.range === undefined || node.range === null) throw new Error('a node that was not read has no place');
  return node.range[0];
}

/** Behind the last letter, without the comments that follow. */
function endOf(node: Node): number {
  const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true;
  const last: unknown = isBlock ? node.items.at(-1) : undefined;
  if (last !== undefined) {
    const inner = isPair(last) ? (last.value ?? last.key) : last;
    return endOf(inner as Node);
  }
  if (node.range === undefined || node.range === null) throw new Error('a node that was not read has no place');
  return node.range[1];
}

function lineStartOf(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The beginning of the line behind the one that a text ends in. */
function lineEndOf(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

function indent(lines: string, column: number): string {
  return lines
    .trim()
    .split('\n')
    .map((line) => `${' '.repeat(column)}${line}\n`)
    .join('');
}

/** Lines from a key, or from the dash of an item, to the end of its value. */
function linesOf(object: ObjectText, path: Path): { start: number; end: number; column: number } {
  const { node, pair } = object.at(path);
  const key = startOf((pair?.key ?? node) as Node);
  const start = lineStartOf(object.text, key);
  const column = object.text.slice(start).search(/\S/);
  return { start, end: lineEndOf(object.text, endOf(node)), column };
}

/** A value that a template gives: `{{ … }}` in the place of a scalar, a flow map or a flow list. */
export function hole(path: Path, template: string): Edit {
  return (object) => {
    const { node } = object.at(path);
    if ((isMap(node) || isSeq(node)) && node.flow !== true) throw new Error(`${path} of ${object.name} takes lines`);
    // Lines of their own leave no space behind the key.
    const start = startOf(node) - (template.startsWith('\n') ? 1 : 0);
    return [{ start, end: endOf(node), text: template }];
  };
}

/** A value that an expression gives as an object, in the place of a block. Comments in front of it stay. */
export function block(path: Path, expression: string): Edit {
  return (object) => {
    const { node } = object.at(path);
    if (!(isMap(node) || isSeq(node)) || node.flow === true) throw new Error(`${path} of ${object.name} is no block`);
    const start = startOf(node);
    const text = `{{- toYaml (${expression}) | nindent ${String(object.columnOf(start))} }}`;
    return [{ start, end: endOf(node), text }];
  };
}

/** Lines in front of a key or an item. */
export function before(path: Path, lines: string): Edit {
  return (object) => {
    const { start, column } = linesOf(object, path);
    return [{ start, end: start, text: indent(lines, column) }];
  };
}

/** Lines behind a key's value, or behind an item: with `append` behind all that is in it. */
export function after(path: Path, lines: string): Edit {
  return (object) => {
    const { end, column } = linesOf(object, path);
    return [{ start: end, end, text: indent(lines, column) }];
  };
}

/** What a value adds at the end of a list or a map. */
export function append(path: Path, value: string): Edit {
  return (object) => {
    const { node } = object.at(path);
    const start = startOf(node);
    const column = object.text.slice(lineStartOf(object.text, start)).search(/\S/);
    const end = lineEndOf(object.text, endOf(node));
    const lines = `{{- with ${value} }}\n{{- toYaml . | nindent ${String(column)} }}\n{{- end }}`;
    return [{ start: end, end, text: indent(lines, column) }];
  };
}

/** A key, or an item, that is there only under a condition. */
export function wrap(path: Path, condition: string): Edit {
  return (object) => {
    const { start, end, column } = linesOf(object, path);
    return [
      { start, end: start, text: indent(`{{- if ${condition} }}`, column) },
      { start: end, end, text: indent('{{- end }}', column) },
    ];
  };
}

/** A key or an item as it is, or what stands in its place under a condition. */
export function unless(path: Path, condition: string, lines: string): Edit {
  return (object) => {
    const { start, end, column } = linesOf(object, path);
    const instead = indent(`{{- if ${condition} }}\n${lines.trim()}\n{{- else }}`, column);
    return [
      { start, end: start, text: instead },
      { start: end, end, text: indent('{{- end }}', column) },
    ];
  };
}

/** Reads a file of manifests. */
export function readObjects(text: string): readonly ObjectText[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error('a manifest is no YAML', { cause: document.errors[0] });
    return new ObjectText(text, document);
  });
}

/** The file as a template: every object needs its edits, so that none is left without its namespace. */
export function toTemplate(text: string, edits: Readonly<Record<string, ObjectEdits>>): string {
  const objects = readObjects(text);
  const missing = objects.filter(({ name }) => edits[name] === undefined);
  if (missing.length > 0) throw new Error(`nothing is said of ${missing.map(({ name }) => name).join(', ')}`);
  const replacements = objects.flatMap((object) => replacementsOf(object, edits[object.name]));
  return replaced(text, replacements);
}

function replacementsOf(object: ObjectText, { when, edits = [] }: Partial<ObjectEdits> = {}): readonly Replacement[] {
  const inside = edits.flatMap((edit) => edit(object));
  if (when === undefined) return inside;
  const [first, last] = object.range;
  const end = lineEndOf(object.text, last);
  return [
    { start: first, end: first, text: `{{- if ${when} }}\n` },
    ...inside,
    { start: end, end, text: '{{- end }}\n' },
  ];
}

function replaced(text: string, replacements: readonly Replacement[]): string {
  const ordered = replacements.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let at = 0;
  for (const { start, end, text: instead } of ordered) {
    if (start < at) throw new Error(`two changes of one place: ${instead}`);
    result += text.slice(at, start) + instead;
    at = end;
  }
  return result + text.slice(at);
}
