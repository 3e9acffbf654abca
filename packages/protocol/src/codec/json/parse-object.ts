import { ProtocolError } from '../../errors.ts';

/** Parses the JSON text of a frame. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('the frame is not valid JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError('a frame must be an object');
  }
  return value as Readonly<Record<string, unknown>>;
}
