import { findLoopGuards } from './find-mutants.ts';
import { findPieces } from './lua-texts.ts';
import { applyEdits, type Edit } from './mutant.ts';

/**
 * The piece of Lua that an edit stands in, before and after it. Scripts are put together from pieces, so that every script with
 * this one in it changes.
 */
export function plant(source: string, edit: Edit): { readonly from: string; readonly to: string } {
  const piece = findPieces(source).find(({ start, end }) => start <= edit.start && edit.end <= end);
  if (piece === undefined) throw new Error('an edit that stands in no Lua');
  const { start, end } = piece;
  const guards = findLoopGuards(source).filter((guard) => start <= guard.start && guard.end <= end);
  const edits = [edit, ...guards].map((each) => ({ ...each, start: each.start - start, end: each.end - start }));
  const from = source.slice(start, end);
  return { from, to: applyEdits(from, edits) };
}
