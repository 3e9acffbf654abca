import type { CloseCode } from '@outcry/protocol';

/** One socket of somebody who looks. After it has closed every method does nothing. */
export interface LiveSocket {
  /** As text. */
  send(frame: Uint8Array | string): void;
  /** Bytes that wait in user space. */
  bufferedBytes(): number;
  /** A WebSocket ping (RFC 6455 §5.5.2). */
  ping(): void;
  close(closeCode: CloseCode): void;
}
