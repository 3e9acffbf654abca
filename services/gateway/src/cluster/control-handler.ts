import { CLOSE_CODES } from '@outcry/protocol';
import type { Logger } from '@outcry/service';

import type { Connections } from '../connections/connections.ts';
import { type ControlNotice, decodeControlNotice } from './control-notice.ts';

export interface ControlHandlerParts {
  readonly connections: Connections;
  readonly logger: Logger;
}

/** Does on this node what is asked of all. */
export function createControlHandler({ connections, logger }: ControlHandlerParts): (notice: string) => void {
  return (text) => {
    const notice = decodeControlNotice(text);
    switch (notice?.kind) {
      case 'disconnect':
        disconnect(notice, connections);
        return;
      case undefined:
        logger.warn({ bytes: text.length }, 'control notice not understood');
    }
  };
}

/** Looks at every connection: an index by user would cost each of them something, for what is rarely done. */
function disconnect({ user, connection, mayReturn }: ControlNotice, connections: Connections): void {
  const closeCode = mayReturn ? CLOSE_CODES.reconnect : CLOSE_CODES.disconnected;
  for (const open of [...connections]) {
    const isTheUsers = user !== undefined && open.identity?.user === user;
    const isTheOne = connection !== undefined && open.connection === connection;
    if (isTheUsers || isTheOne) open.close(closeCode);
  }
}
