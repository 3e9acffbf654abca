import type { IncomingMessage } from 'node:http';

import { IngestError } from '../sources/http/ingest-error.ts';

/**
 * The body of a request as JSON.
 *
 * @throws IngestError `bodyTooLarge` as soon as it is, with the rest unread; `malformed` where it is not JSON
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const tooLarge = (): IngestError =>
    new IngestError('bodyTooLarge', `a request may have ${String(maxBytes)} bytes (OUTCRY_FEED_HTTP_MAX_BODY_BYTES)`);
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
    throw new IngestError('malformed', 'the body is not JSON');
  }
}
