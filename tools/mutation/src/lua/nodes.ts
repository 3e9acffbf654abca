import type { Node } from 'luaparse';

/** Where a node stands in its text. */
export function rangeOf(node: Node): readonly [start: number, end: number] {
  // Its types leave out what the option `ranges` adds.
  return (node as Node & { readonly range: [number, number] }).range;
}

export function childrenOf(node: Node): readonly Node[] {
  return Object.values(node)
    .flat()
    .filter((value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value);
}

/** The command and the arguments of a `redis.call`, or undefined. */
export function readRedisCall(node: Node): { readonly command: string; readonly args: readonly Node[] } | undefined {
  if (node.type !== 'CallExpression' || node.base.type !== 'MemberExpression') return undefined;
  const { base, identifier } = node.base;
  if (base.type !== 'Identifier' || base.name !== 'redis' || identifier.name !== 'call') return undefined;
  const [command, ...args] = node.arguments;
  if (command?.type !== 'StringLiteral') return undefined;
  return { command: unquote(command.raw), args };
}

export function unquote(raw: string): string {
  return raw.slice(1, -1);
}
