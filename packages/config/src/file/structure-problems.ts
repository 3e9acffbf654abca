import type { Node } from 'yaml';
import { z } from 'zod';

import type { ConfigDocument } from './document.ts';
import { nearestOf } from './nearest.ts';
import type { StructureShape } from './read-value.ts';

export interface StructureProblem {
  /** File, line and column. */
  readonly place: string;
  /** `.0.pattern`: the way to it inside the structure. */
  readonly way: string;
  readonly message: string;
}

/** What of a structure in a file is not as its schema wants it. */
export function structureProblems(
  document: ConfigDocument,
  node: Node,
  { schema }: StructureShape,
): readonly StructureProblem[] {
  let value: unknown;
  try {
    value = document.valueOf(node);
  } catch {
    return [{ place: document.place(node), way: '', message: 'found too many aliases, expected few' }];
  }
  const result = schema.safeParse(value);
  return result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(document, node, { issue, schema }));
}

function problemsOf(
  document: ConfigDocument,
  root: Node,
  { issue, schema }: { readonly issue: z.core.$ZodIssue; readonly schema: z.ZodType },
): readonly StructureProblem[] {
  const { node, isThere } = document.follow(root, issue.path);
  const way = wayOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), issue.path);
    return issue.keys.map((key) => ({
      place: document.place(document.keyNodeOf(node, key) ?? node),
      way,
      message: `found ${JSON.stringify(key)}, expected one of its keys; the nearest is ${nearestOf(key, known) ?? 'none'}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    const key = document.keyNodeOf(document.follow(root, issue.path.slice(0, -1)).node, String(issue.path.at(-1)));
    const at = key ?? node;
    return [{ place: document.place(at), way, message: `found ${document.describe(at)}, ${expectationOf(issue)}` }];
  }
  const found = isThere ? document.describe(node) : 'nothing';
  return [{ place: document.place(node), way, message: `found ${found}, ${expectationOf(issue)}` }];
}

function wayOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `.${String(part)}`).join('');
}

/** The schema's words from "expected" on; what came instead we say better. */
function expectationOf(issue: z.core.$ZodIssue): string {
  const [inner = issue] = issue.code === 'invalid_key' ? issue.issues : [issue];
  const [, expected] = /expected (.*?)(, received .*)?$/s.exec(inner.message) ?? [];
  return `expected ${expected ?? `something else (${inner.message})`}`;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The keys that a mapping may have, by the schema of what it stands in. */
function keysAt(schema: JsonSchema, path: readonly PropertyKey[]): readonly string[] {
  let at: JsonSchema | undefined = schema;
  for (const part of path) {
    const next: unknown =
      typeof part === 'number' ? at?.items : (at?.properties?.[String(part)] ?? at?.additionalProperties);
    at = typeof next === 'object' && next !== null ? (next as JsonSchema) : undefined;
  }
  return Object.keys(at?.properties ?? {});
}
