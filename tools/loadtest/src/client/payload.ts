import { crc32 } from 'node:zlib';

/**
 * What the generator publishes. A receiver knows of each by itself whose it is and which one, and that it is as it was sent.
 * Every member of a run is in this process, so one clock serves.
 */
export interface Payload {
  /** The connection that published it, by its index in the plan. */
  readonly publisher: number;
  /** From 1 up, for each publisher. */
  readonly counter: number;
  /** By `monotonicMicros`, when it was published first. */
  readonly sentAt: number;
  readonly padding: string;
  /** Of all that and of the room. */
  readonly hash: number;
}

/** Bytes of the payload besides the padding, about, in either encoding. */
const FIXED_BYTES = 85;
/** Characters of one to four bytes, and such as JSON escapes: what is put into other words on its way is found. */
const PATTERN = Array.from('outcry "open" \\ é ж € 漢 🙂 ');
const utf8 = new TextEncoder();

/** Padding that makes a payload about so many bytes: as many of UTF-8 as are left, or up to three fewer, for no character is cut. */
export function createPadding(sizeBytes: number): string {
  let text = '';
  let left = sizeBytes - FIXED_BYTES;
  for (let i = 0; ; i++) {
    const character = PATTERN[i % PATTERN.length] ?? '';
    left -= utf8.encode(character).length;
    if (left < 0) return text;
    text += character;
  }
}

export function createPayload(room: string, content: Omit<Payload, 'hash'>): Payload {
  return { ...content, hash: hashOf(room, content) };
}

/** What a member was sent of a room; undefined where nobody of this run has published it there in this form. */
export function readPayload(room: string, data: unknown): Payload | undefined {
  return isPayload(data) && data.hash === hashOf(room, data) ? data : undefined;
}

const FIELDS: Readonly<Record<keyof Payload, (value: unknown) => boolean>> = {
  publisher: Number.isSafeInteger,
  counter: Number.isSafeInteger,
  sentAt: Number.isSafeInteger,
  padding: (value) => typeof value === 'string',
  hash: Number.isSafeInteger,
};

function isPayload(data: unknown): data is Payload {
  if (typeof data !== 'object' || data === null) return false;
  const fields = Object.entries(FIELDS);
  // Nothing may have been added, either.
  return (
    Object.keys(data).length === fields.length &&
    fields.every(([name, isValid]) => isValid((data as Readonly<Record<string, unknown>>)[name]))
  );
}

function hashOf(room: string, { publisher, counter, sentAt, padding }: Omit<Payload, 'hash'>): number {
  return crc32(JSON.stringify([room, publisher, counter, sentAt, padding]));
}
