import { CLOSE_CODES } from '@outcry/protocol';
import type { Logger } from '@outcry/service';

import type { Connection } from '../connections/connection.ts';
import type { Connections } from '../connections/connections.ts';
import type { Mover } from '../connections/mover.ts';
import { Served, type ServedSession } from '../connections/served-session.ts';
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
  readonly facts: { readonly nodeId: string };
  readonly logger: Logger;
}

/** Does on this node what is asked of all. */
export function createControlHandler(parts: ControlHandlerParts): (notice: string) => void {
  const { connections, mover, answering, facts, metrics, logger } = parts;
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
    } else if (notice.kind === 'move') {
      if (notice.node === facts.nodeId) mover.move(notice.count);
    } else if (notice.kind === 'top') {
      metrics.sampler.sampleFor(notice.seconds);
      count(notice, Served.Done);
    } else if (notice.kind === 'tell') {
      count(notice, answering.take(notice.ask, notice.about) ? Served.Done : 'overflow');
    } else if (!rounds.add(notice, text.length)) {
      count(notice, 'overflow');
      logger.warn({ kind: notice.kind }, 'control notice dropped: too many wait');
    }
  };
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
