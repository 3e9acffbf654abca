import luaparse, { type Chunk, type Node } from 'luaparse';
import { findLuaTexts, type LuaText } from './lua-texts.ts';
import { describeEdit, type Edit, type Mutant } from './mutant.ts';
import { MUTATORS } from './mutators.ts';
import { childrenOf, rangeOf } from './nodes.ts';

/** Every fault that can be planted in the Lua of a file, each under a name of its own. */
export function findMutants(source: string): readonly Mutant[] {
  const times = new Map<string, number>();
  return findLuaTexts(source).flatMap((text) =>
    editsOf(text).map(({ kind, edit }) => {
      const moved = move(edit, text.start);
      const name = describeEdit(source, moved);
      const time = (times.get(name) ?? 0) + 1;
      times.set(name, time);
      return { kind, edit: moved, name: time === 1 ? name : `${name} (${String(time)})` };
    }),
  );
}

/** A loop without end would hold Redis, and its test with it: so many turns are an error. */
const MAX_TURNS = 10_000;

/** What makes every `while` of a file end. */
export function findLoopGuards(source: string): readonly Edit[] {
  return findLuaTexts(source).flatMap(({ start, lua }) => {
    const guards: Edit[] = [];
    walk(parse(lua), undefined, (node) => {
      if (node.type !== 'WhileStatement') return;
      const [from] = rangeOf(node);
      const body = lua.indexOf(' do', rangeOf(node.condition)[1]) + ' do'.length;
      const guard = ` turns = turns + 1 if turns > ${String(MAX_TURNS)} then error('a loop without end') end`;
      guards.push({ start: from, end: from, text: 'local turns = 0 ' }, { start: body, end: body, text: guard });
    });
    return guards.map((guard) => move(guard, start));
  });
}

function editsOf({ lua, written }: LuaText): readonly { readonly kind: string; readonly edit: Edit }[] {
  const found: { kind: string; edit: Edit }[] = [];
  walk(parse(lua), undefined, (node, parent) => {
    for (const [kind, mutate] of Object.entries(MUTATORS)) {
      for (const edit of mutate({ node, parent, lua, written })) found.push({ kind, edit });
    }
  });
  return found;
}

function parse(lua: string): Chunk {
  return luaparse.parse(lua, { luaVersion: '5.1', ranges: true, comments: false, encodingMode: 'none' });
}

function walk(node: Node, parent: Node | undefined, visit: (node: Node, parent: Node | undefined) => void): void {
  visit(node, parent);
  for (const child of childrenOf(node)) walk(child, node, visit);
}

function move({ start, end, text }: Edit, by: number): Edit {
  return { start: start + by, end: end + by, text };
}
