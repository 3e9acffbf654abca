import type { Node } from 'luaparse';
import type { Edit } from './mutant.ts';
import { rangeOf, readRedisCall, unquote } from './nodes.ts';

export interface Place {
  readonly node: Node;
  readonly parent: Node | undefined;
  readonly lua: string;
  /** What stands there in the file: other than `lua` where something is put in from TypeScript. */
  readonly written: string;
}

type Mutator = (place: Place) => readonly Edit[];

const COMPARISONS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '==': '~=',
  '~=': '==',
};
const ARITHMETIC: Readonly<Record<string, string>> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*' };
const LOGIC: Readonly<Record<string, string>> = { and: 'or', or: 'and' };
const FUNCTIONS: Readonly<Record<string, string>> = { floor: 'ceil', ceil: 'floor', max: 'min', min: 'max' };

/** Under which condition a command does something, or what of a key it leaves as it is. */
const CONDITIONS = new Set(['GT', 'LT', 'NX', 'XX', 'KEEPTTL']);
/** Commands whose third argument is a time to live. */
const EXPIRIES = new Set(['EXPIRE', 'PEXPIRE', 'EXPIREAT', 'PEXPIREAT']);
const EXPIRY_OPTIONS = new Set(['EX', 'PX', 'EXAT', 'PXAT']);
/** With a number from here on, one more makes no difference that anybody could mean. */
const LARGE = 100;

/** What is planted, by its kind. Arguments of a script and parts of a reply are not mixed up: any test at all would notice. */
export const MUTATORS: Readonly<Record<string, Mutator>> = {
  comparison: (place) => replaceOperator(place, COMPARISONS),
  arithmetic: (place) => (makesNumber(place.node) ? [] : replaceOperator(place, ARITHMETIC)),
  'and/or': (place) => replaceOperator(place, LOGIC),
  condition: ({ node, written }) => {
    if (node.type !== 'IfClause' && node.type !== 'ElseifClause' && node.type !== 'WhileStatement') return [];
    const { condition } = node;
    // Which is what the comparison turned does, and `not` removed.
    if (condition.type === 'BinaryExpression' && ['==', '~='].includes(condition.operator)) return [];
    if (condition.type === 'UnaryExpression' && condition.operator === 'not') return [];
    return [replace(condition, `not (${textOf(condition, written)})`)];
  },
  sign: ({ node, written }) => {
    if (node.type !== 'UnaryExpression' || !['not', '-'].includes(node.operator)) return [];
    return [replace(node, textOf(node, written).slice(node.operator.length).trim())];
  },
  number: ({ node, parent }) => {
    if (node.type !== 'NumericLiteral') return [];
    if (parent?.type === 'IndexExpression') return [];
    if (node.value >= LARGE) return [replace(node, String(2 * node.value))];
    // One less than nothing is what the comparison turned says, or another word for no.
    return (node.value === 0 ? [1] : [1, -1]).map((by) => replace(node, String(node.value + by)));
  },
  text: ({ node }) => (node.type === 'StringLiteral' ? replaceText(node) : []),
  boolean: ({ node }) => (node.type === 'BooleanLiteral' ? [replace(node, String(!node.value))] : []),
  function: ({ node, parent }) => {
    if (node.type !== 'Identifier' || parent?.type !== 'MemberExpression' || parent.identifier !== node) return [];
    const other = FUNCTIONS[node.name];
    return other === undefined ? [] : [replace(node, other)];
  },
  call: ({ node }) => (node.type === 'CallStatement' ? [replace(node, '')] : []),
  assignment: ({ node }) => (node.type === 'AssignmentStatement' ? [replace(node, '')] : []),
  expiry: mutateExpiry,
  option: ({ node, lua }) => {
    const options = readRedisCall(node)?.args.filter((argument) => CONDITIONS.has(textOfLiteral(argument))) ?? [];
    return options.map((option) => removeArguments([option, option], lua));
  },
};

/** Times to live are halved, and those that are options removed. A call that does nothing but set one is removed as a call. */
function mutateExpiry({ node, lua, written }: Place): readonly Edit[] {
  const call = readRedisCall(node);
  if (call === undefined) return [];
  const { command, args } = call;
  const halve = (ttl: Node): Edit => replace(ttl, `math.floor((${textOf(ttl, written)}) / 2)`);
  const [, ttl] = args;
  if (EXPIRIES.has(command) && ttl !== undefined) return [halve(ttl)];
  return args.flatMap((option, i) => {
    const value = args[i + 1];
    return EXPIRY_OPTIONS.has(textOfLiteral(option)) && value !== undefined
      ? [removeArguments([option, value], lua), halve(value)]
      : [];
  });
}

function replaceText(node: Node & { readonly raw: string }): readonly Edit[] {
  const text = unquote(node.raw);
  if (/^-?\d+$/.test(text)) return [replace(node, `'${String(Number(text) + 1)}'`)];
  if (text === '\\0') return [replace(node, String.raw`'\1'`)];
  if (text === '\\1') return [replace(node, String.raw`'\0'`)];
  // A bound that is none of its range becomes one.
  if (text === '(') return [replace(node, "''")];
  return [];
}

/** `x + 0` is what makes a number of a text, and `x - 0` is the same. */
function makesNumber(node: Node): boolean {
  if (node.type !== 'BinaryExpression' || !['+', '-'].includes(node.operator)) return false;
  return node.right.type === 'NumericLiteral' && node.right.value === 0;
}

function replaceOperator({ node, lua }: Place, others: Readonly<Record<string, string>>): readonly Edit[] {
  if (node.type !== 'BinaryExpression' && node.type !== 'LogicalExpression') return [];
  const other = others[node.operator];
  if (other === undefined) return [];
  const start = lua.indexOf(node.operator, rangeOf(node.left)[1]);
  return [{ start, end: start + node.operator.length, text: other }];
}

/** With the comma before them. */
function removeArguments([first, last]: readonly [Node, Node], lua: string): Edit {
  return { start: lua.lastIndexOf(',', rangeOf(first)[0]), end: rangeOf(last)[1], text: '' };
}

function textOfLiteral(node: Node): string {
  return node.type === 'StringLiteral' ? unquote(node.raw) : '';
}

function textOf(node: Node, written: string): string {
  return written.slice(...rangeOf(node));
}

function replace(node: Node, text: string): Edit {
  const [start, end] = rangeOf(node);
  return { start, end, text };
}
