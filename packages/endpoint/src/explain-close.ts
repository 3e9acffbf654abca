import { CLOSE_CODES } from '@outcry/protocol';

import { type Close, describeClose } from './close.ts';

/** What a program calls the options that a hint can speak of. */
export interface OptionNames {
  /** That say who the client is, such as `--token`. */
  readonly token: string;
  /** That accepts any certificate, where there is one. */
  readonly insecure?: string;
}

/** What a failed connection most likely means, in words for the person at the terminal. */
export function explainClose(url: string, close: Close, options: OptionNames): string {
  return `${url}: ${describeClose(close)}\n  ${hintFor(url, close, options)}`;
}

/** The same where nothing came in time, neither an answer nor an end. */
export function explainSilence(url: string, waitedMs: number): string {
  return `${url}: no answer within ${String(waitedMs / 1000)} s\n  Is it an outcry gateway?`;
}

const CERTIFICATE_FAILURE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

const FAILURE_HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens there. Is the gateway running, and is this its public port (1337 unless configured)?',
  ENOTFOUND: 'There is no such host. Check the name.',
  EAI_AGAIN: 'The name cannot be looked up. Check the name and the network.',
  ETIMEDOUT: 'The host does not answer. Check the address and firewalls.',
  EHOSTUNREACH: 'The host cannot be reached. Check the address and the network.',
  ECONNRESET: 'Something accepts connections there and cuts them. Is it TLS (wss://), or another service?',
  EPROTO: 'TLS does not work there. Is it a plain port (ws://)?',
  EADDRNOTAVAIL: 'This machine has no local port left for the target. Use more targets or fewer connections.',
  EMFILE: 'This process has no file descriptor left: raise `ulimit -n`.',
};

const STATUS_HINTS: Readonly<Record<number, string>> = {
  400: 'The server does not know the subprotocol outcry.v1. Is it an outcry gateway?',
  401: 'Something before the gateway wants credentials.',
  403: 'Something before the gateway refuses you.',
  404: 'There is no WebSocket endpoint at this path. An outcry gateway has it at /ws.',
  426: 'The server wants another protocol.',
  502: 'The load balancer answers and reaches no gateway.',
  503: 'The gateway is up and not ready: it cannot reach its Redis, or it is shutting down. Its /readyz tells.',
};

function hintFor(url: string, { code, httpStatus, failure }: Close, options: OptionNames): string {
  if (httpStatus !== undefined) {
    return STATUS_HINTS[httpStatus] ?? 'A WebSocket endpoint answers 101. Check the URL.';
  }
  if (failure !== undefined) {
    if (CERTIFICATE_FAILURE.test(failure)) {
      const accepting = options.insecure === undefined ? '' : `, or use ${options.insecure}`;
      return `The certificate is not trusted here. Set NODE_EXTRA_CA_CERTS to its authority${accepting}.`;
    }
    return FAILURE_HINTS[failure] ?? 'Check the URL, and that an outcry gateway listens there.';
  }
  switch (code) {
    case CLOSE_CODES.unauthenticated.code:
      return `The token was refused. Check ${options.token}: expired, or made for another deployment?`;
    case CLOSE_CODES.atCapacity.code:
      return 'The gateway has as many connections as it may have (OUTCRY_MAX_CONNECTIONS).';
    case CLOSE_CODES.brokerUnavailable.code:
      return 'The gateway cannot reach its Redis.';
    default:
      return url.endsWith('/ws')
        ? 'The gateway ended the fresh connection.'
        : 'An outcry gateway has its endpoint at /ws.';
  }
}
