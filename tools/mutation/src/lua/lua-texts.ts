import ts from 'typescript';

/** A piece of Lua in a TypeScript file. */
export interface LuaText {
  /** Where it begins in the file; it has the length that it has there. */
  readonly start: number;
  readonly lua: string;
  /** The same as it stands in the file, with what is put in from TypeScript. */
  readonly written: string;
}

/** A piece of Lua into which nothing is put from TypeScript: it stands in a script as it does in the file. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** The Lua of a file: its literals under `String.raw`, in which a position is the position in the file. */
export function findLuaTexts(source: string): readonly LuaText[] {
  return findTemplates(source).map((template) => readText(source, template));
}

export function findPieces(source: string): readonly Piece[] {
  return findTemplates(source).flatMap((template) => {
    const start = template.getStart() + 1;
    const end = template.getEnd() - 1;
    const holes = ts.isTemplateExpression(template) ? template.templateSpans.map((span) => holeOf(source, span)) : [];
    const bounds = [start, ...holes.flatMap((hole) => [hole.start, hole.end]), end];
    return bounds.flatMap((bound, i) => (i % 2 === 0 ? [{ start: bound, end: bounds[i + 1] ?? end }] : []));
  });
}

function findTemplates(source: string): readonly ts.TemplateLiteral[] {
  const templates: ts.TemplateLiteral[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'String.raw') templates.push(node.template);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('script.lua.ts', source, ts.ScriptTarget.Latest, true));
  return templates;
}

function holeOf(source: string, { expression }: ts.TemplateSpan): Piece {
  return {
    start: source.lastIndexOf('${', expression.getStart()),
    end: source.indexOf('}', expression.getEnd()) + 1,
  };
}

/**
 * What is put in from TypeScript is not Lua: it is blank before all Lua and on a line of its own, where scripts take in functions,
 * and else a variable.
 */
function readText(source: string, template: ts.TemplateLiteral): LuaText {
  const start = template.getStart() + 1;
  const written = source.slice(start, template.getEnd() - 1);
  if (!ts.isTemplateExpression(template)) return { start, lua: written, written };
  let lua = written;
  for (const hole of template.templateSpans.map((span) => holeOf(source, span))) {
    const [from, to] = [hole.start - start, hole.end - start];
    const [before, behind] = [lua.slice(0, from), lua.slice(to)];
    const line = `${before.split('\n').at(-1) ?? ''}${behind.split('\n')[0] ?? ''}`;
    const stand = before.trim() === '' || line.trim() === '' ? ' ' : 'x';
    lua = before + stand.repeat(to - from) + behind;
  }
  return { start, lua, written };
}
