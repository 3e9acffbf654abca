import { CLOSE_CODES } from '@outcry/protocol';
import type { Logger } from '@outcry/service';
import type { Tracing } from '@outcry/tracing';

import type { Connection } from '../connections/connection.ts';
import type { Connections } from '../connections/connections.ts';
import type { Mover } from '../connections/mover.ts';
import { Served, type ServedSession } from '../connections/served-session.ts';
import type { Withdrawal } from '../connections/withdrawal.ts';
import { RoomGrants } from '../identity/rights/room-grants.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { Answering } from './answering.ts';
import { type ControlNotice, decodeControlNotice, type SessionNotice } from './control-notice.ts';
import { NoticeRounds } from './notice-rounds.ts';

/** What may wait to be carried out here. */
const MAX_NOTICES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

export interface ControlHandlerParts {
  readonly connections: Connections;
  readonly metrics: Pick<GatewayMetrics, 'serverCommands' | 'sampler'>;
  readonly mover: Pick<Mover, 'move'>;
  readonly answering: Pick<Answering, 'take'>;
  /** Undefined where nobody is told of traces. */
  readonly traces: Pick<Tracing, 'rooms'> | undefined;
  readonly withdrawal: Pick<Withdrawal, 'withdraw' | 'restore'>;
  readonly facts: { readonly nodeId: string };
  readonly logger: Logger;
}

/** Does on this node what is asked of all. */
export function createControlHandler(parts: ControlHandlerParts): (notice: string) => void {
  const { connections, facts, metrics, logger } = parts;
  const count = (notice: ControlNotice, outcome: Served | 'overflow'): void => {
    metrics.serverCommands.labels(notice.kind, outcome).inc();
  };
  const rounds = new NoticeRounds({
    connections,
    ...{ maxNotices: MAX_NOTICES, maxBytes: MAX_BYTES },
    carryOut: (notice, connection) => {
      void carryOut(notice, connection)?.then((outcome) => {
        count(notice, outcome);
      });
    },
  });
  return (text) => {
    const notice = decodeControlNotice(text);
    if (notice === undefined) {
      logger.warn({ bytes: text.length }, 'control notice not understood');
    } else if (isOfGateways(notice)) {
      const outcome = obey(notice, facts.nodeId, parts);
      if (outcome !== undefined) count(notice, outcome);
    } else if (!rounds.add(notice, text.length)) {
      count(notice, 'overflow');
      logger.warn({ kind: notice.kind }, 'control notice dropped: too many wait');
    }
  };
}

type GatewayNotice = Exclude<ControlNotice, SessionNotice>;

function isOfGateways(notice: ControlNotice): notice is GatewayNotice {
  return ['move', 'drain', 'top', 'trace', 'tell'].includes(notice.kind);
}

type Obeying = Pick<ControlHandlerParts, 'mover' | 'withdrawal' | 'answering' | 'metrics' | 'traces'>;

/** Does what a gateway itself is asked for. Undefined where that is another one, or is counted elsewhere. */
function obey(notice: GatewayNotice, node: string, parts: Obeying): Served | 'overflow' | undefined {
  switch (notice.kind) {
    case 'move':
      if (notice.node === node) parts.mover.move(notice.count);
      return undefined;
    case 'drain':
      if (notice.node !== node) return undefined;
      if (notice.isOver) parts.withdrawal.restore();
      else parts.withdrawal.withdraw();
      return Served.Done;
    case 'top':
      parts.metrics.sampler.sampleFor(notice.seconds);
      return Served.Done;
    case 'trace':
      // Where nobody is told of traces there is nothing to be done.
      if (parts.traces === undefined) return undefined;
      return parts.traces.rooms.trace(notice.room, notice.seconds) ? Served.Done : 'overflow';
    case 'tell':
      return parts.answering.take(notice.ask, notice.about, notice.isShared) ? Served.Done : 'overflow';
  }
}

/** Undefined where the notice means sessions, and this is none. Never rejects. */
function carryOut(notice: SessionNotice, connection: Connection): Promise<Served> | undefined {
  if (notice.kind === 'disconnect') {
    connection.close(notice.mayReturn ? CLOSE_CODES.reconnect : CLOSE_CODES.disconnected);
    return Promise.resolve(Served.Done);
  }
  return connection.served && serve(notice, connection.served);
}

async function serve(notice: Exclude<SessionNotice, { kind: 'disconnect' }>, session: ServedSession): Promise<Served> {
  switch (notice.kind) {
    case 'subscribe':
      return session.subscribe(notice.room);
    case 'unsubscribe':
      return session.unsubscribe(notice.room);
    case 'send': {
      const { name, data } = notice;
      return session.send(data === undefined ? { name } : { name, data: Buffer.from(data, 'base64') });
    }
    case 'refresh':
      return session.refresh(new RoomGrants(notice.rights));
  }
}
