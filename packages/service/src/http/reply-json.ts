import type { IncomingMessage, ServerResponse } from 'node:http';

/** The rest of a request that is refused before its end is read for so long, and not kept. */
const MAX_DISCARD_MS = 1000;

export function replyJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

/**
 * Answers a request that is refused, perhaps before all of it was read. A connection that is closed with something unread is
 * reset, and the answer lost with it: so the rest is read first, and the connection closed.
 */
export async function refuseJson(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  status: number,
  body: unknown,
): Promise<void> {
  if (!request.complete) {
    response.setHeader('connection', 'close');
    await discardRest(request);
  }
  replyJson(response, status, body);
}

function discardRest(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(stop, MAX_DISCARD_MS);
    for (const event of ['end', 'close']) request.once(event, stop);
    request.resume();
  });
}
