/** `JSON.stringify`, with binary values as base64 strings. */
export function stringifyPayload(value: unknown): string {
  return JSON.stringify(value, binaryAsBase64);
}

/** Buffer's own `toJSON` has run before a replacer sees the value, so it is looked up on the holder. */
function binaryAsBase64(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Uint8Array ? toBase64(original) : value;
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
