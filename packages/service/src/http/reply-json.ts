import type { IncomingMessage, ServerResponse } from 'node:http';

/** The rest of a request that is refused before its end is read for so long, and not kept. */
const MAX_DISCARD_MS = 1000;

/** @throws RangeError where the answer is too long for a string; nothing has been sent then */
export function replyJson(response: ServerResponse, status: number, body: unknown): void {
  replyJsonText(response, status, JSON.stringify(body));
}

export function replyJsonText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${text}\n`);
}

/**
 * Answers a request with what comes of it. Whatever fails on the way, the answer itself included, is told by `refuse`, and nothing
 * that a request does ends the process: where that fails, too, the connection is closed.
 */
export function replyOrRefuse(
  response: ServerResponse,
  {
    reply,
    refuse,
    onFault,
  }: {
    readonly reply: () => Promise<void>;
    readonly refuse: (err: unknown) => Promise<void>;
    /** Is told of what nobody could be answered. */
    readonly onFault: (err: unknown) => void;
  },
): void {
  reply()
    .catch(refuse)
    .catch((err: unknown) => {
      onFault(err);
      response.destroy();
    });
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
