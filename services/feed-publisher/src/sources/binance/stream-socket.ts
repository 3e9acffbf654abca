/** What is heard from one connection. After `handleClose`, or after its own `close`, nothing. */
export interface StreamSocketHandler {
  handleOpen(): void;
  handleText(text: string): void;
  /** It is gone, or counts as gone; the reason is for the log. */
  handleClose(reason: string): void;
}

export interface StreamSocket {
  close(): void;
}

export type OpenStreamSocket = (url: string, handler: StreamSocketHandler) => StreamSocket;

const OPEN_TIMEOUT_MS = 10_000;

/** The venue answers this on every combined stream, and it changes nothing. */
const PROBE = JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id: 1 });

export interface SilenceLimits {
  /** Without a message for so long the venue is asked for one: a book may be quiet, but an answer must come. */
  readonly probeAfterMs: number;
  /** Without an answer for so long after that, the connection counts as gone. */
  readonly giveUpAfterMs: number;
}

/**
 * A connection over the WebSocket that Node brings. That answers the venue's pings by itself but shows them to nobody, hence
 * the probe: a connection whose peer is gone looks like that of a quiet market.
 */
export function createSocketOpener(limits: SilenceLimits): OpenStreamSocket {
  return (url, handler) => {
    const socket = new WebSocket(url);
    let timer: NodeJS.Timeout | undefined;
    const finish = (reason: string): void => {
      close();
      handler.handleClose(reason);
    };
    const finishAfter = (ms: number, reason: string): void => {
      clearTimeout(timer);
      timer = setTimeout(finish, ms, reason);
    };
    const awaitMessage = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        socket.send(PROBE);
        finishAfter(limits.giveUpAfterMs, 'silent');
      }, limits.probeAfterMs);
    };
    const close = (): void => {
      clearTimeout(timer);
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close();
    };
    finishAfter(OPEN_TIMEOUT_MS, 'not open in time');
    socket.onopen = () => {
      awaitMessage();
      handler.handleOpen();
    };
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      awaitMessage();
      if (typeof data === 'string') handler.handleText(data);
    };
    socket.onclose = ({ code, reason }) => {
      finish(`closed with ${String(code)} ${reason}`.trimEnd());
    };
    socket.onerror = ({ message }) => {
      finish(message === '' ? 'broken off' : message);
    };
    return { close };
  };
}
