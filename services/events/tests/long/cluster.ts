import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type EventsProcess,
  type GatewayProcess,
  leasePort,
  type PortLease,
  ServiceProcess,
  startEvents,
  startGateway,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';

import type { ToldEvent } from '../support/follower.ts';

const GATEWAYS = 3;
const SENDERS = 2;
const SECRET = 'what-both-sides-of-this-test-have';
const API_KEY = 'a-key-of-the-server-api';

/** What there is to kill. */
export const Victim = { Gateway: 'gateway', Sender: 'sender', Server: 'your server' } as const;
export type Victim = (typeof Victim)[keyof typeof Victim];

/** Gateways, services that send, and the operator's server, each in a process that can be killed and started again. */
export class Cluster implements AsyncDisposable {
  readonly #redis: TestRedis;
  readonly #folder: string;
  readonly #prefix = uniquePrefix();
  readonly #port: PortLease;
  readonly #gateways: GatewayProcess[] = [];
  readonly #senders: EventsProcess[] = [];
  #server: ServiceProcess | undefined;
  #read = 0;

  private constructor(redis: TestRedis, folder: string, port: PortLease) {
    this.#redis = redis;
    this.#folder = folder;
    this.#port = port;
  }

  static async start(redis: TestRedis, folder: string): Promise<Cluster> {
    const cluster = new Cluster(redis, folder, await leasePort());
    writeFileSync(cluster.#rulesFile, JSON.stringify({ rules: [{ pattern: 'room-*', events: true }] }));
    await cluster.#startServer();
    for (let i = 0; i < SENDERS; i++) cluster.#senders.push(await cluster.#startSender());
    for (let i = 0; i < GATEWAYS; i++) cluster.#gateways.push(await cluster.#startGateway(i));
    return cluster;
  }

  /** Of the gateways that are there. */
  get urls(): readonly string[] {
    return this.#gateways.map(({ url }) => url);
  }

  /** What the operator's server has been told since this was last asked. A line that is none was never answered. */
  takeTold(): readonly ToldEvent[] {
    const text = existsSync(this.#toldFile) ? readFileSync(this.#toldFile, 'utf8') : '';
    const end = text.lastIndexOf('\n') + 1;
    const lines = text.slice(this.#read, end).split('\n');
    this.#read = end;
    return lines.flatMap(eventsIn);
  }

  /** Who the cluster itself says is in a room. */
  async members(room: string): Promise<readonly string[]> {
    const response = await fetch(`${this.#gateways[0]?.internalUrl ?? ''}/api/members`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}` },
      body: JSON.stringify({ room }),
    });
    const { members } = (await response.json()) as { members: readonly { user: string }[] };
    return members.map(({ user }) => user).sort();
  }

  /** Kills one, waits for its end and for as long as it is to be missed, and starts it again. */
  async replace(victim: Victim, wait: () => Promise<void>): Promise<void> {
    switch (victim) {
      case Victim.Gateway: {
        const place = randomInt(GATEWAYS);
        const killed = this.#gateways.splice(place, 1);
        await kill(killed[0]?.process);
        await wait();
        this.#gateways.splice(place, 0, await this.#startGateway(place));
        return;
      }
      case Victim.Sender: {
        const place = await this.#findSender();
        await kill(this.#senders[place]?.process);
        await wait();
        this.#senders[place] = await this.#startSender();
        return;
      }
      case Victim.Server:
        await kill(this.#server);
        await wait();
        await this.#startServer();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#gateways, ...this.#senders].map((each) => each[Symbol.asyncDispose]()));
    await this.#server?.[Symbol.asyncDispose]();
    this.#port[Symbol.dispose]();
  }

  get #toldFile(): string {
    return join(this.#folder, 'told');
  }

  get #rulesFile(): string {
    return join(this.#folder, 'rules.json');
  }

  /** The one that holds the lease. */
  async #findSender(): Promise<number> {
    for (const [place, { internalUrl }] of this.#senders.entries()) {
      const metrics = await (await fetch(`${internalUrl}/metrics`)).text();
      if (/^outcry_events_sending 1$/m.test(metrics)) return place;
    }
    return 0;
  }

  /** Under the name of the one before it, which names its connections alike. */
  #startGateway(place: number): Promise<GatewayProcess> {
    return startGateway({
      ...{ redisUrl: this.#redis.url, redisPrefix: this.#prefix, roomRulesFile: this.#rulesFile },
      ...{ nodeId: `gw-${String(place)}`, apiKeys: API_KEY, eventsKinds: 'room,member,connection' },
    });
  }

  #startSender(): Promise<EventsProcess> {
    return startEvents({
      ...{ redisUrl: this.#redis.url, redisPrefix: this.#prefix, eventsSecret: SECRET, eventsPlainHttp: true },
      eventsUrl: `http://127.0.0.1:${String(this.#port.port)}/events`,
    });
  }

  async #startServer(): Promise<void> {
    const options = { port: String(this.#port.port), file: this.#toldFile, secret: SECRET };
    this.#server = new ServiceProcess({
      entry: 'services/events/tests/long/server.ts',
      args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    });
    await this.#server.waitForLog('server listening');
  }
}

async function kill(process: ServiceProcess | undefined): Promise<void> {
  process?.kill();
  await process?.exited;
}

function eventsIn(line: string): readonly ToldEvent[] {
  try {
    return (JSON.parse(line) as { readonly events: readonly ToldEvent[] }).events;
  } catch {
    return [];
  }
}
