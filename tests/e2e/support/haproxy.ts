import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type GatewayProcess, leasePort, type PortLease, ChildServer } from '@outcry/testkit';

import { eventually } from '../../support/eventually.ts';

const CONFIGURATION = readFileSync(new URL('../../../deploy/docker/haproxy.cfg', import.meta.url), 'utf8');
const SERVERS = /^ *server-template gateway 64 gateway:1337 check port 8081 (.*) resolvers docker init-addr none$/m;
const DEADLINE_MS = 30_000;
/** Of HAProxy's statistics as CSV: the columns that are read. */
const [NAME, STATUS] = [1, 17];

/** The configuration of deploy/docker/haproxy.cfg, with other words in the place of some. */
export function configureHaproxy(own: Readonly<Record<string, string>>): string {
  return Object.entries(own).reduce((text, [theirs, ours]) => {
    if (!text.includes(theirs)) throw new Error(`haproxy.cfg has no ${theirs}`);
    return text.replaceAll(theirs, ours);
  }, CONFIGURATION);
}

export interface HaproxyOptions {
  readonly gateways: readonly GatewayProcess[];
  /** A folder of certificates, each with its key; without one it speaks no TLS. */
  readonly tlsFolder?: string;
  /** By IPv6 as well, on the same port. */
  readonly hasIpv6?: boolean;
}

/** HAProxy as docker-compose.yml runs it, but for what is of a container: its ports, its folder, and Docker's DNS. */
export class Haproxy implements AsyncDisposable {
  readonly port: number;
  readonly #internalPort: number;
  readonly #server: ChildServer;
  readonly #folder: string;
  readonly #leases: readonly PortLease[];

  private constructor(server: ChildServer, leases: readonly PortLease[], folder: string) {
    this.#server = server;
    this.#leases = leases;
    this.#folder = folder;
    [this.port = 0, this.#internalPort = 0] = leases.map(({ port }) => port);
  }

  /** Resolves when it listens, and has found every gateway ready. */
  static async start({ gateways, tlsFolder, hasIpv6 = false }: HaproxyOptions): Promise<Haproxy> {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-haproxy-'));
    const leases = await Promise.all([leasePort(), leasePort()]);
    const file = join(folder, 'haproxy.cfg');
    const [port, internalPort] = leases.map((lease) => String(lease.port));
    const configuration = configureHaproxy({
      'bind :1337': `bind 127.0.0.1:${port ?? ''}`,
      'bind :::1337': `bind ::1:${port ?? ''}`,
      'bind :8404': `bind 127.0.0.1:${internalPort ?? ''}`,
      ...(tlsFolder === undefined ? {} : { '/etc/haproxy/tls/': `${tlsFolder}/` }),
    });
    writeFileSync(
      file,
      configuration.replace(SERVERS, (_, words: string) => serversOf(gateways, words)),
    );
    // Set to anything, even to nothing, it means TLS.
    const { OUTCRY_TLS: _, ...inherited } = process.env;
    const env = {
      ...inherited,
      ...(tlsFolder === undefined ? {} : { OUTCRY_TLS: 'true' }),
      OUTCRY_IPV6: hasIpv6 ? 'true' : '',
    };
    const server = new ChildServer({ command: 'haproxy', args: ['-db', '-f', file], env });
    const haproxy = new Haproxy(server, leases, folder);
    await server.start();
    await eventually(() => answers(haproxy.port), {
      deadlineMs: DEADLINE_MS,
      describe: () => 'HAProxy does not listen',
    });
    return haproxy;
  }

  /** What it has said, on either of its outputs. */
  get lines(): readonly string[] {
    return this.#server.output;
  }

  /** How it takes each gateway: `UP`, `DOWN`, `NOLB` (keeps what it has, and gets nothing new). */
  async statuses(): Promise<readonly string[]> {
    const answer = await fetch(`http://127.0.0.1:${String(this.#internalPort)}/stats;csv`);
    return (await answer.text())
      .split('\n')
      .map((line) => line.split(','))
      .filter((cells) => cells[NAME]?.startsWith('gateway-') === true)
      .map((cells) => cells[STATUS]?.split(' ')[0] ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.kill();
    for (const lease of this.#leases) lease[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

function serversOf(gateways: readonly GatewayProcess[], words: string): string {
  return gateways
    .map(({ port, internalUrl }, i) => {
      const { port: checkPort } = new URL(internalUrl);
      return `  server gateway-${String(i)} 127.0.0.1:${String(port)} check port ${checkPort} ${words}`;
    })
    .join('\n');
}

/** Whether somebody listens. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
