/** As most clients write it: the type, then the id. */
const HEAD = new TextEncoder().encode('{"type":"publish","id":');
const ZERO = 0x30;
const COMMA = 0x2c;
/** However they are chosen, they are a safe integer. */
const MAX_DIGITS = 15;

/**
 * The `id` of a JSON `publish` that begins as most do, without decoding it. Undefined says nothing: its fields may come in another
 * order. What a name says that comes again behind is not seen; JSON leaves open which of the two counts (RFC 8259 §4).
 */
export function peekPublishId(bytes: Uint8Array): number | undefined {
  for (let i = 0; i < HEAD.length; i += 1) if (bytes[i] !== HEAD[i]) return undefined;
  let id = 0;
  for (let i = HEAD.length; i <= HEAD.length + MAX_DIGITS; i += 1) {
    const byte = bytes[i];
    if (byte === COMMA) return i === HEAD.length ? undefined : id;
    const digit = (byte ?? COMMA) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    id = id * 10 + digit;
  }
  return undefined;
}
