import { OutcryError } from '@outcry/broker';

import type { ReceptionConfig } from './settings.ts';

/** Files that are no client's: Node's own, Redis, the internal port and who asks there. */
const RESERVED_FILES = 64;
/** So many sockets that are no WebSocket may be there for each that may be there at all, or nobody could come in behind them. */
const HANDSHAKES_SHARE = 0.5;

export interface FittedReception {
  readonly reception: ReceptionConfig;
  /** What is less than was asked for, in a line. */
  readonly warning: string | undefined;
}

/**
 * Keeps connections to what fits the files that the process may open. Past them it could take no connection, and close none: uWS would ask
 * the kernel for the same one for ever, and the internal port would answer nobody.
 *
 * @throws OutcryError `badConfig` where there is room for nobody
 */
export function fitOpenFiles(reception: ReceptionConfig, files: number): FittedReception {
  const { maxConnections, maxHandshakes } = reception;
  const wanted = maxConnections + maxHandshakes;
  const maxSockets = files - RESERVED_FILES;
  if (maxSockets >= wanted) return { reception: { ...reception, maxSockets: wanted }, warning: undefined };
  if (maxSockets < 2) {
    const message = `this process may open ${String(files)} files (ulimit -n), and ${String(RESERVED_FILES)} are for others than clients: raise the limit`;
    throw new OutcryError('badConfig', message);
  }
  const most = Math.floor(maxSockets * HANDSHAKES_SHARE);
  const fitted = {
    ...reception,
    maxSockets,
    maxConnections: Math.min(maxConnections, maxSockets - 1),
    maxHandshakes: maxHandshakes === 0 ? most : Math.min(maxHandshakes, most),
  };
  const need = String(wanted + RESERVED_FILES);
  const warning =
    `OUTCRY_MAX_CONNECTIONS (${String(maxConnections)}) and OUTCRY_MAX_HANDSHAKES (${String(maxHandshakes)}) need ${need} open files, ` +
    `and this process may have ${String(files)} (ulimit -n): it takes ${String(maxSockets)} sockets at most`;
  return { reception: fitted, warning };
}
