import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { OutcryError } from '@outcry/broker';

import { Health, type HealthReport, type HealthSource } from './health/health.ts';

/** Answers the requests that are its own, now or later; false for any other. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Takes the connections that are to become something else than HTTP. */
export interface UpgradeHandler {
  /** Whether this one is its own. Any other request is answered as if it had asked for no upgrade. */
  takes(request: IncomingMessage): boolean;
  /** It answers, too, where it refuses; and it ends what it has taken. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The port closes. Resolves once nothing is left of what was taken, which is soon. */
  close(): Promise<void>;
}

/** What the internal port tells and takes; asked anew for each request. */
export interface InternalStatus extends HealthSource {
  /** Prometheus text. */
  exposeMetrics(): Promise<string>;
  /** Asked first, for what a service takes beyond this. */
  handle?: RequestHandler | undefined;
  /** For a service that takes more than requests. */
  readonly upgrades?: UpgradeHandler | undefined;
}

export interface InternalServer {
  readonly port: number;
  /** What `/status` says. */
  describe(): HealthReport;
  close(): Promise<void>;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const PLAIN_TEXT = 'text/plain; charset=utf-8';
const JSON_TEXT = 'application/json';
const PATHS = '/healthz, /readyz, /status and /metrics';

/**
 * Serves `/healthz`, `/readyz`, `/status` and `/metrics`, and what a service adds; for orchestrators, Prometheus and servers, never for clients.
 *
 * @throws OutcryError `badConfig` where the address cannot be listened on
 */
export async function startInternalServer(
  address: { readonly host: string; readonly port: number },
  status: InternalStatus,
): Promise<InternalServer> {
  const health = new Health(status);
  const { upgrades } = status;
  const server = createServer(upgradeOptions(upgrades), (request, response) => {
    if (status.handle?.(request, response) === true) return;
    void respond({ status, health, response }, request.url ?? '/');
  });
  if (upgrades !== undefined) server.on('upgrade', upgrades.upgrade.bind(upgrades));
  try {
    await listen(server, address);
  } catch (err) {
    health.stop();
    throw err;
  }
  return {
    port: (server.address() as AddressInfo).port,
    describe: () => health.describe(),
    close: async () => {
      health.stop();
      await upgrades?.close();
      await closeServer(server);
    },
  };
}

/**
 * Clients that would like another protocol, as Java's own does with HTTP/2, are told by silence that it is HTTP/1.1 here: with a
 * listener and without this, each of their requests would be taken for a WebSocket.
 */
function upgradeOptions(upgrades: UpgradeHandler | undefined): ServerOptions & {
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean;
} {
  return { shouldUpgradeCallback: (request) => upgrades?.takes(request) === true };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
      const message = `cannot listen on ${host}:${String(port)} (OUTCRY_INTERNAL_PORT): ${why}`;
      reject(new OutcryError('badConfig', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

interface Asked {
  readonly status: InternalStatus;
  readonly health: Health;
  readonly response: ServerResponse;
}

async function respond({ status, health, response }: Asked, url: string): Promise<void> {
  const reply = (code: number, body: string, contentType = PLAIN_TEXT): void => {
    response.writeHead(code, { 'content-type': contentType }).end(body);
  };
  switch (url.split('?')[0]) {
    case '/healthz':
      // The event loop turns: a liveness probe may ask no more, or a blip of Redis restarts the fleet on top.
      reply(200, formatReport(health.alive()), JSON_TEXT);
      return;
    case '/readyz': {
      const notReady = notReadyCode(url);
      if (notReady === undefined) {
        reply(400, 'expected unready to be 503 or 404\n');
        return;
      }
      const report = health.ready();
      reply(report.status === 'unready' ? notReady : 200, formatReport(report), JSON_TEXT);
      return;
    }
    case '/status':
      reply(200, formatReport(health.describe()), JSON_TEXT);
      return;
    case '/metrics':
      try {
        reply(200, await status.exposeMetrics(), PROMETHEUS_TEXT);
      } catch {
        reply(500, 'the metrics could not be collected\n');
      }
      return;
    default:
      reply(404, `not found: there are ${PATHS}\n`);
  }
}

/** For programs and for whoever asks with curl: the line that matters is among the first. */
function formatReport(report: HealthReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/**
 * What `/readyz` answers where the process is not ready. With `?unready=404` a balancer can tell one that keeps its connections and
 * takes no new ones from one that is dead (HAProxy: `http-check disable-on-404`).
 */
function notReadyCode(url: string): number | undefined {
  const asked = new URL(url, 'http://internal').searchParams.get('unready') ?? '503';
  return asked === '503' || asked === '404' ? Number(asked) : undefined;
}
