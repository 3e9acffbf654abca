import type { IncomingMessage } from 'node:http';

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
 * @throws BodyError `bodyTooLarge` as soon as it is, with the rest unread; `malformed` where it is not JSON
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
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
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    throw new BodyError('malformed', 'the body is not JSON');
  }
}
