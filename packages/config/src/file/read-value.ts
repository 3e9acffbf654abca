import { isScalar, type Node } from 'yaml';
import type { z } from 'zod';

import type { FieldShape } from '../field.ts';
import type { ConfigDocument } from './document.ts';

/** A value as the environment would have it; undefined where it is of another kind than the setting. */
export function textOf(
  document: ConfigDocument,
  node: Node,
  shape: Exclude<FieldShape, StructureShape>,
): string | undefined {
  switch (shape.kind) {
    case 'integer':
    case 'number': {
      const value = scalarOf(document, node);
      return typeof value === 'number' ? String(value) : undefined;
    }
    case 'boolean': {
      const value = scalarOf(document, node);
      return typeof value === 'boolean' ? String(value) : undefined;
    }
    case 'choice':
      return writtenOf(document, node);
    case 'text':
      return (shape.isList ? listOf(document, node) : undefined) ?? writtenOf(document, node);
  }
}

export interface StructureShape {
  readonly kind: 'structure';
  readonly schema: z.ZodType;
}

function scalarOf(document: ConfigDocument, node: Node): unknown {
  const resolved = document.resolve(node);
  return isScalar(resolved) ? resolved.value : undefined;
}

/** Text, or a number with the digits that somebody typed: `0.50` is a text where a text is expected. */
function writtenOf(document: ConfigDocument, node: Node): string | undefined {
  const resolved = document.resolve(node);
  if (!isScalar(resolved)) return undefined;
  if (typeof resolved.value === 'number') return resolved.source ?? String(resolved.value);
  return typeof resolved.value === 'string' ? resolved.value : undefined;
}

function listOf(document: ConfigDocument, node: Node): string | undefined {
  const items = document.itemsOf(node)?.map((item) => writtenOf(document, item));
  const isPlain = items?.every((item) => item !== undefined && item !== '' && !item.includes(',')) ?? false;
  return isPlain ? items?.join(',') : undefined;
}
