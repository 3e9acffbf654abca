import type { IncomingMessage } from 'node:http';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A body that is not taken. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly code: 'bodyTooLarge' | 'malformed';

  constructor(code: BodyError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The body of a request as JSON.
 *
 * @param checkText throws what the request is refused with, where the text of valid JSON tells more than the value that it becomes
 * @throws BodyError `bodyTooLarge` as soon as it is, with the rest unread; `malformed` where it is not JSON
 */
export async function readJson(
  request: IncomingMessage,
  maxBytes: number,
  checkText?: (text: string) => void,
): Promise<unknown> {
  const tooLarge = (): BodyError => new BodyError('bodyTooLarge', `a request may have ${String(maxBytes)} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early must not destroy the request: its connection is needed for the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const text = decode(Buffer.concat(chunks));
  const value = parseText(text);
  checkText?.(text);
  return value;
}

/** @throws BodyError `malformed` where it is no JSON, or no text: nothing is put in the place of what is none (RFC 8259 §8.1) */
export function parseJson(body: Uint8Array): unknown {
  return parseText(decode(body));
}

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new BodyError('malformed', 'the body is not UTF-8');
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BodyError('malformed', 'the body is not JSON');
  }
}
