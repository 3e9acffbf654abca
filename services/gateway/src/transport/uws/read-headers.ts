import type { HttpRequest } from 'uWebSockets.js';

/** What a handshake says in headers that may come in several lines (RFC 9110 §5.3), all lines of each. */
export interface HandshakeHeaders {
  readonly origins: readonly string[];
  /** Joined by commas; empty where there was none. */
  readonly forwardedFor: string;
  /** Joined by semicolons, as HTTP/2 has it where a proxy has split them (RFC 9113 §8.2.3); empty where there was none. */
  readonly cookies: string;
  readonly subprotocols: readonly string[];
}

/** Copies them while uWS still holds the request. Its `getHeader` shows the first line of a name only. */
export function readHeaders(req: HttpRequest): HandshakeHeaders {
  const lines = new Map<string, string[]>(
    ['origin', 'x-forwarded-for', 'cookie', 'sec-websocket-protocol'].map((name) => [name, []]),
  );
  req.forEach((name, value) => lines.get(name)?.push(value));
  const linesOf = (name: string): readonly string[] => lines.get(name) ?? [];
  return {
    origins: linesOf('origin'),
    forwardedFor: linesOf('x-forwarded-for').join(','),
    cookies: linesOf('cookie').join(';'),
    subprotocols: linesOf('sec-websocket-protocol')
      .flatMap((line) => line.split(','))
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  };
}
