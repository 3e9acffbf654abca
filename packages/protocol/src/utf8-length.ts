const encoder = new TextEncoder();
const MAX_BYTES_PER_UNIT = 3;

/** Whether a string takes at most so many bytes of UTF-8. Only one that may be too long is encoded to find out. */
export function isWithinBytes(text: string, maxBytes: number): boolean {
  if (text.length * MAX_BYTES_PER_UNIT <= maxBytes) return true;
  return text.length <= maxBytes && encoder.encode(text).length <= maxBytes;
}
