import type { FieldKind, RequestId } from '../../schema.ts';
import { isWellFormed } from '../../well-formed.ts';
import { isIdText, isStringOfKind, isSymbolCount, isUint } from './field-rules.ts';

/** Whether a value, as JSON and programs have it, may stand in a field of this kind of a client's frame. */
export function isOfKind(kind: FieldKind, value: unknown): boolean {
  switch (kind) {
    case 'id':
      return isRequestId(value);
    case 'uint':
    case 'seq':
      return isUint(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'position':
      return isPosition(value);
    case 'symbols':
      return isSymbols(value);
    default:
      return typeof value === 'string' && isStringOfKind(kind, value);
  }
}

export function isRequestId(value: unknown): value is RequestId {
  return isUint(value) || (typeof value === 'string' && isIdText(value));
}

function isPosition(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, seq } = value as { epoch?: unknown; seq?: unknown };
  return typeof epoch === 'string' && isWellFormed(epoch) && isUint(seq);
}

function isSymbols(value: unknown): boolean {
  return Array.isArray(value) && isSymbolCount(value.length) && value.every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && isWellFormed(value);
}
