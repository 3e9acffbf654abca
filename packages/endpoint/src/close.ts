/** How a connection ended, or why it never began. */
export interface Close {
  /** 1006 where no close frame came. */
  readonly code: number;
  readonly reason: string;
  /** Whether the handshake had succeeded. */
  readonly wasOpen: boolean;
  /** The answer to a handshake that was refused. */
  readonly httpStatus?: number;
  /** What the operating system or TLS said, such as `ECONNREFUSED`. */
  readonly failure?: string;
}

const NO_CLOSE_FRAME = 1006;

/** One line, the same for the same cause, so that it can be counted. */
export function describeClose({ code, reason, wasOpen, httpStatus, failure }: Close): string {
  if (httpStatus !== undefined) return `handshake refused: HTTP ${String(httpStatus)}`;
  if (failure !== undefined) return `${wasOpen ? 'connection lost' : 'cannot connect'}: ${failure}`;
  if (code === NO_CLOSE_FRAME) return 'connection lost without a close frame';
  return `closed with ${String(code)}${reason === '' ? '' : ` ${reason}`}`;
}
