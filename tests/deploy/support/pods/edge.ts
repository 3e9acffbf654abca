import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { leasePort, type PortLease } from '@outcry/testkit';

import { eventually } from '../../../support/eventually.ts';
import { run, tryRun } from '../tools.ts';
import { type Pod } from './pod.ts';

const IMAGE = 'haproxy:3.2';
const SLOTS = 24;
/** So long it takes until every proxy of a cluster knows of a change; `preStop` is there for it. */
const PROPAGATION_MS = 1000;
const START_DEADLINE_MS = 30_000;

/** As an Ingress controller writes it: limits as deploy/docker/haproxy.cfg, servers by the runtime API. */
const CONFIGURATION = `global
  log stdout format raw local0 notice
  stats socket /run/outcry/admin.sock mode 666 level admin
  hard-stop-after 5s
defaults
  mode http
  log global
  timeout connect 2s
  timeout http-request 10s
  timeout client 30s
  timeout server 5s
  timeout tunnel 1h
  timeout client-fin 10s
  retries 6
  option redispatch 1
frontend public
  bind :1337
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto https
  default_backend gateways
backend gateways
  balance leastconn
  server-template gateway 1-${String(SLOTS)} 127.0.0.1:1337 disabled
`;

/** What stands in front of gateways: HAProxy, told who is ready as an Ingress controller would tell it. */
export class Edge implements AsyncDisposable {
  readonly url: string;
  readonly #name: string;
  readonly #socket: string;
  readonly #lease: PortLease;
  readonly #slots = new Map<Pod, number>();
  #told: Promise<void> = Promise.resolve();

  private constructor(name: string, folder: string, lease: PortLease) {
    this.#name = name;
    this.#socket = join(folder, 'admin.sock');
    this.#lease = lease;
    this.url = `ws://127.0.0.1:${String(lease.port)}/ws`;
  }

  static async start(network: string, name: string, folder: string): Promise<Edge> {
    mkdirSync(folder, { recursive: true });
    // Its image's user is nobody here.
    chmodSync(folder, 0o777);
    writeFileSync(join(folder, 'haproxy.cfg'), CONFIGURATION);
    const edge = new Edge(name, folder, await leasePort());
    await run('docker', [
      ...['run', '--detach', '--name', name, '--network', network, '--label', 'outcry.pods=true'],
      ...['--publish', `127.0.0.1:${String(edge.#lease.port)}:1337`, '--volume', `${folder}:/run/outcry`],
      ...['--volume', `${join(folder, 'haproxy.cfg')}:/usr/local/etc/haproxy/haproxy.cfg:ro`, IMAGE],
    ]);
    await eventually(
      () =>
        edge.#ask('show info').then(
          (answer) => answer.includes('HAProxy'),
          () => false,
        ),
      {
        deadlineMs: START_DEADLINE_MS,
        describe: () => 'HAProxy does not start',
      },
    );
    return edge;
  }

  /** It will have been told in a while, in the order of what happened. */
  change(pod: Pod): void {
    const known = delay(PROPAGATION_MS);
    this.#told = this.#told.then(() => known).then(() => this.#tell(pod));
  }

  /** Resolves when all that has happened so far is known; throws where something could not be told. */
  async settled(): Promise<void> {
    await this.#told;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await tryRun('docker', ['rm', '--force', this.#name]);
    this.#lease[Symbol.dispose]();
  }

  async #tell(pod: Pod): Promise<void> {
    if (pod.isReady && !this.#slots.has(pod)) {
      const slot = this.#slots.size + 1;
      if (slot > SLOTS) throw new Error('more gateways than there are slots');
      this.#slots.set(pod, slot);
      await this.#command(`set server gateways/gateway${String(slot)} addr ${await pod.address()} port 1337`);
    }
    const slot = this.#slots.get(pod);
    if (slot === undefined) return;
    // Who is connected stays, as behind any controller: `maint` ends no session.
    await this.#command(`set server gateways/gateway${String(slot)} state ${pod.isReady ? 'ready' : 'maint'}`);
  }

  async #command(command: string): Promise<void> {
    const answer = (await this.#ask(command)).trim();
    if (answer !== '' && !/changed|no need to change/.test(answer)) throw new Error(`${command}: ${answer}`);
  }

  async #ask(command: string): Promise<string> {
    const socket = createConnection(this.#socket);
    socket.setEncoding('utf8');
    let answer = '';
    socket.on('data', (text: string) => {
      answer += text;
    });
    await once(socket, 'connect');
    socket.write(`${command}\n`);
    await once(socket, 'end');
    return answer;
  }
}
