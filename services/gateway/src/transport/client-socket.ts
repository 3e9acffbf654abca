import type { CloseCode, WireFrame } from '@outcry/protocol';

/** What became of a frame: handed to the kernel, waiting in user space, or lost because too much waits already. */
export type SendOutcome = 'sent' | 'queued' | 'dropped';

/** One client's socket. After it has closed every method does nothing, so late answers need no check. */
export interface ClientSocket {
  /** What the gateway closes it with; undefined while it does not, and where the client or the line ended it. */
  readonly closeCode: CloseCode | undefined;
  /** Text frames for strings, binary frames for bytes. `dropped` means that the client has a hole: close it. */
  send(frame: WireFrame): SendOutcome;
  /** Bytes that wait in user space for this client. */
  bufferedBytes(): number;
  /** Writes what `write` sends in one system call. */
  cork(write: () => void): void;
  /** From now on this socket gets what is published to the topic, in order with what is sent to it. */
  follow(topic: string): void;
  unfollow(topic: string): void;
  /** Publishes to every follower of the topic but this socket. */
  publishToOthers(topic: string, frame: WireFrame): void;
  /** A WebSocket ping (RFC 6455 §5.5.2). */
  ping(): void;
  close(closeCode: CloseCode): void;
}
