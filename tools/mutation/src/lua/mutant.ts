/** A piece of a file, and what stands there in its place. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One fault, planted in one file. */
export interface Mutant {
  readonly kind: string;
  readonly edit: Edit;
  /** What it changes, as in `if a < b then → if a <= b then`: the same for as long as these lines stay as they are. */
  readonly name: string;
}

export function applyEdits(source: string, edits: readonly Edit[]): string {
  let text = source;
  for (const edit of edits.toSorted((x, y) => y.start - x.start || y.end - x.end)) {
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  }
  return text;
}

/** The lines that an edit touches, before and after it. */
export function describeEdit(source: string, edit: Edit): string {
  const from = source.lastIndexOf('\n', edit.start - 1) + 1;
  const end = source.indexOf('\n', edit.end);
  const to = end === -1 ? source.length : end;
  const after = source.slice(from, edit.start) + edit.text + source.slice(edit.end, to);
  return `${inOneLine(source.slice(from, to))} → ${inOneLine(after)}`;
}

function inOneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
