import { findLoopGuards } from './find-mutants.ts';
import { findPieces } from './lua-texts.ts';
import { applyEdits, type Edit } from './mutant.ts';

/** Scripts are put together from pieces of Lua, so that every script with these in it changes. */
export interface Plant {
  /** Pieces as they stand in the file and in scripts, in order. */
  readonly from: readonly string[];
  /** What is put in from TypeScript between each two of them, as it stands in the file; scripts have its value there. */
  readonly holes: readonly string[];
  /** What stands in their place, with such holes or without them. */
  readonly to: string;
}

/** The piece of Lua that an edit stands in, before and after it; or all of them from its first character to its last. */
export function plant(source: string, edit: Edit): Plant {
  const pieces = findPieces(source).filter(({ start, end }) => start <= edit.end && edit.start <= end);
  const [start, end] = [pieces[0]?.start, pieces.at(-1)?.end];
  if (start === undefined || end === undefined) throw new Error('an edit that stands in no Lua');
  const guards = findLoopGuards(source).filter((guard) => start <= guard.start && guard.end <= end);
  const edits = [edit, ...guards].map((each) => ({ ...each, start: each.start - start, end: each.end - start }));
  return {
    from: pieces.map((piece) => source.slice(piece.start, piece.end)),
    holes: pieces.slice(1).map((piece, i) => source.slice(pieces[i]?.end, piece.start)),
    to: applyEdits(source.slice(start, end), edits),
  };
}

/** A script with that planted in it, or as it is where it has none of these pieces. */
export function plantIn(lua: string, { from, holes, to }: Plant): string {
  const pattern = from.map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join('([^]*?)');
  return lua.replace(new RegExp(pattern), (_, ...found: unknown[]) =>
    holes.reduce((text, hole, i) => text.replaceAll(hole, () => String(found[i])), to),
  );
}
