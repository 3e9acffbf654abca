/** What a terminal would obey, or would show in another order than it stands. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** The same, where JSON has it as it is. */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const HEX_DIGITS = 4;

/** What others have said, without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\u{fffd}');
}

/** JSON in one line, with nothing that a terminal would obey. Bytes are base64, as the gateway's own JSON has them. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, function (this: unknown, key: string, plain: unknown) {
    const raw = (this as Readonly<Record<string, unknown>>)[key];
    return raw instanceof Uint8Array ? Buffer.from(raw).toString('base64') : plain;
  });
  return text.replace(UNESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(HEX_DIGITS, '0')}`);
}

/** A payload for people: text as it is, the `text` of a chat message, else JSON. */
export function describePayload(data: unknown): string {
  if (typeof data === 'string') return printable(data);
  if (typeof data === 'object' && data !== null && 'text' in data && typeof data.text === 'string') {
    return printable(data.text);
  }
  return toJson(data);
}

/** Local time of day. */
export function clock(unixMs: number): string {
  return new Date(unixMs).toTimeString().slice(0, 8);
}
