/** A WebSocket as the connection sees it: text in, text out. */
export interface Socket {
  send(text: string): void;
  /** Does not wait for the other side. Events may still come. */
  close(): void;
}

export interface SocketEvents {
  handleText(text: string): void;
  /** Once, also where the socket never opened; 1006 where no close frame came. */
  handleClose(code: number, reason: string): void;
}

export type OpenSocket = (url: string, protocols: string[], events: SocketEvents) => Socket;

/** The browser's WebSocket. */
export const openWebSocket: OpenSocket = (url, protocols, events) => {
  const socket = new WebSocket(url, protocols);
  socket.addEventListener('message', ({ data }) => {
    events.handleText(String(data));
  });
  socket.addEventListener('close', ({ code, reason }) => {
    events.handleClose(code, reason);
  });
  return socket;
};
