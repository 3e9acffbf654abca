import { CLOSE_CODES, Retry, retryAfter } from '@outcry/protocol';

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

/** From here on a code can only be the gateway's; those below it, anything on the way may send as well. */
const FIRST_OWN_CODE = 4000;

/** Whether to come back, and when. A code that others use, too, is the gateway's only with the gateway's own words. */
export function retryOf({ code, reason }: Close): Retry {
  const isOwn =
    code >= FIRST_OWN_CODE ||
    Object.values(CLOSE_CODES).some((known) => known.code === code && known.reason === reason);
  return isOwn ? retryAfter(code) : Retry.Wait;
}
