import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { OutcryError } from '@outcry/broker';

/** Answers the requests that are its own, now or later; false for any other. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What the internal port tells and takes; asked anew for each request. */
export interface InternalStatus {
  /** Why the process should get no traffic, in a line, or undefined where it should. */
  notReady(): string | undefined;
  /** What a process cannot do although it should get traffic, in a line, or undefined. */
  limitation?(): string | undefined;
  /** Prometheus text. */
  exposeMetrics(): Promise<string>;
  /** Asked first, for what a service takes beyond this. */
  handle?: RequestHandler | undefined;
}

export interface InternalServer {
  readonly port: number;
  close(): Promise<void>;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const PLAIN_TEXT = 'text/plain; charset=utf-8';

/**
 * Serves `/healthz`, `/readyz` and `/metrics`, and what a service adds; for orchestrators, Prometheus and servers, never for clients.
 *
 * @throws OutcryError `badConfig` where the address cannot be listened on
 */
export async function startInternalServer(
  address: { readonly host: string; readonly port: number },
  status: InternalStatus,
): Promise<InternalServer> {
  const server = createServer((request, response) => {
    if (status.handle?.(request, response) === true) return;
    void respond(status, request.url ?? '/', response);
  });
  await listen(server, address);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
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

async function respond(status: InternalStatus, url: string, response: ServerResponse): Promise<void> {
  const reply = (code: number, body: string, contentType = PLAIN_TEXT): void => {
    response.writeHead(code, { 'content-type': contentType }).end(body);
  };
  switch (url.split('?')[0]) {
    case '/healthz':
      // The event loop turns: a liveness probe may ask no more, or a blip of Redis restarts the fleet on top.
      reply(200, 'ok\n');
      return;
    case '/readyz': {
      const notReady = notReadyCode(url);
      if (notReady === undefined) {
        reply(400, 'expected unready to be 503 or 404\n');
        return;
      }
      const reason = status.notReady();
      // Where the storage takes nothing, no other process is better off: a balancer that turns to others finds none.
      reply(reason === undefined ? 200 : notReady, `${reason ?? describeReady(status.limitation?.())}\n`);
      return;
    }
    case '/metrics':
      try {
        reply(200, await status.exposeMetrics(), PROMETHEUS_TEXT);
      } catch {
        reply(500, 'the metrics could not be collected\n');
      }
      return;
    default:
      reply(404, 'not found: there are /healthz, /readyz and /metrics\n');
  }
}

/**
 * What `/readyz` answers where the process is not ready. With `?unready=404` a balancer can tell one that keeps its connections and
 * takes no new ones from one that is dead (HAProxy: `http-check disable-on-404`).
 */
function notReadyCode(url: string): number | undefined {
  const asked = new URL(url, 'http://internal').searchParams.get('unready') ?? '503';
  return asked === '503' || asked === '404' ? Number(asked) : undefined;
}

function describeReady(limitation: string | undefined): string {
  return limitation === undefined ? 'ok' : `ok, but ${limitation}`;
}
