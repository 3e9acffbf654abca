import type { CloseCode, ServerFrame } from '@outcry/protocol';

import type { Identity } from '../identity/identity.ts';
import type { ClientSocket } from '../transport/client-socket.ts';
import type { Backlog } from './backlog.ts';
import type { ConflatableStreams } from './conflatable-streams.ts';
import type { ConnectionDetails } from './connection-details.ts';
import type { Deadline } from './deadline.ts';
import type { ServedSession } from './served-session.ts';

/** What the gateway watches over on every connection, whatever it is used for. Times are of the monotonic clock. */
export interface Connection {
  /** As `welcome` names it; absent where there is no session. */
  readonly connection?: string;
  /** Whether the client has said that it can go on on another connection before it closes this one. */
  readonly canMove?: boolean;
  readonly socket: ClientSocket;
  /** Undefined where nobody has said yet who it is. */
  readonly identity: Identity | undefined;
  /** When the last complete frame of any kind came. */
  readonly lastHeardAt: number;
  lastPingAt: number;
  /** Undefined where the connection may stay for as long as it is healthy. */
  readonly deadline: Deadline | undefined;
  readonly backlog: Backlog;
  readonly streams: ConflatableStreams;
  /** Absent where nobody has said yet who it is. Costs as much as it reads. */
  readonly details?: ConnectionDetails;
  /** Absent where there is no session. */
  readonly served?: ServedSession;
  sendFrame(frame: ServerFrame): void;
  close(closeCode: CloseCode): void;
}
