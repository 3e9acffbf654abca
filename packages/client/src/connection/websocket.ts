/** As much of a WebSocket as the client needs: the browser's, Node's and that of `ws` are some. */
export interface WebSocketLike {
  binaryType: string;
  /** One frame; it may throw where the socket is not open. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Begins the close handshake. */
  close(code?: number): void;
  /** Ends the connection without a word, where the socket can do that: that of `ws` can, the platforms' own cannot. */
  terminate?(): void;
  /** A frame: text, or an `ArrayBuffer`, for that is what `binaryType` is set to. */
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  /** The end, with the close code, 1006 where there was none, and what was said with it. */
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason?: string }) => void): void;
  /**
   * `open` comes first. An `error` is an end, too, whether or not `close` follows; what it has as `error` is told as the cause. Where that
   * has `retryAfter`, the seconds that a gateway has answered a handshake with, the client comes back then; no platform's own socket tells.
   */
  addEventListener(type: 'open' | 'error', listener: (event: unknown) => void): void;
}

/** Opens a socket that offers these subprotocols. It must not throw for what a network can do: where it throws, the client ends. */
export type WebSocketFactory = (url: string, protocols: string[]) => WebSocketLike;

/** The platform's own: browsers, workers and Node from version 22 have one. */
export const openGlobalWebSocket: WebSocketFactory = (url, protocols) => {
  if (typeof WebSocket === 'undefined') {
    throw new TypeError(
      'this platform has no WebSocket: give a `webSocket` option, such as (url, p) => new WS(url, p)',
    );
  }
  return new WebSocket(url, protocols);
};
