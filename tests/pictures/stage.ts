import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Client, connect, type Room } from '@outcry/client';
import { demoDirectory } from '@outcry/demo';
import {
  FaultProxy,
  type GatewayProcess,
  type ServiceProcess,
  startGateway,
  startPublisher,
  startRedis,
  uniquePrefix,
} from '@outcry/testkit';

import { writeRecording } from '../support/write-recording.ts';

const API_KEY = 'a-key-of-a-server-of-the-operator';

/** What people say to each other: a payload of the page's. */
export interface Said {
  readonly text: string;
}

type Stop = () => PromiseLike<unknown>;

/** A cluster to take pictures of: a gateway behind a proxy that can be cut, a simulated book, a recorded one, and people. */
export class Stage {
  readonly proxy: FaultProxy;
  readonly simulator: ServiceProcess;
  readonly #gateway: GatewayProcess;
  readonly #stops: readonly Stop[];
  readonly #clients: Client[] = [];
  readonly #rooms = new Map<string, Room<Said>>();

  private constructor(parts: Pick<Stage, 'proxy' | 'simulator'>, gateway: GatewayProcess, stops: readonly Stop[]) {
    this.proxy = parts.proxy;
    this.simulator = parts.simulator;
    this.#gateway = gateway;
    this.#stops = stops;
  }

  /** The recorded book is replayed under this symbol, the simulated one is BTCUSDT. */
  static async start(recorded: string): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'outcry-page-'));
    const file = join(folder, 'minute.jsonl');
    await writeRecording(file, recorded);
    const redis = await startRedis();
    const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    const [gateway, simulator, replay] = await Promise.all([
      startGateway({
        ...shared,
        nodeId: 'gw-1',
        demo: true,
        demoDir: demoDirectory,
        maxFramesPerSecond: 0,
        apiKeys: API_KEY,
      }),
      startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } }),
      startPublisher({ ...shared, feed: { source: 'recording', file, loop: true } }),
    ]);
    const proxy = await FaultProxy.start({ host: '127.0.0.1', port: gateway.port });
    const parts = [proxy, gateway, simulator, replay];
    return new Stage({ proxy, simulator }, gateway, [
      ...parts.map((part) => () => part[Symbol.asyncDispose]()),
      () => redis.stop(),
      () => rm(folder, { recursive: true }),
    ]);
  }

  get origin(): string {
    return `http://127.0.0.1:${String(this.proxy.port)}`;
  }

  /** Says something in a room, as somebody who stays there. */
  async say(from: string, room: string, text: string): Promise<void> {
    const key = JSON.stringify([from, room]);
    const joined = this.#rooms.get(key) ?? this.#join(from, room);
    this.#rooms.set(key, joined);
    await joined.publish({ text });
  }

  /** As a server of the operator's: `announce`, `disconnect` and so on. */
  async command(name: string, body: unknown): Promise<void> {
    const headers = { authorization: `Bearer ${API_KEY}` };
    const url = `${this.#gateway.internalUrl}/api/${name}`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${name} was answered ${String(response.status)}: ${await response.text()}`);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const stop of this.#stops) await stop();
  }

  #join(from: string, room: string): Room<Said> {
    const client = connect(this.#gateway.url, { token: from, maxFramesPerSecond: 0 });
    this.#clients.push(client);
    return client.join<Said>(room, { history: 0 });
  }
}
