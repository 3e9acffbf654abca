import { consoleDirectory } from '@outcry/console';
import {
  type GatewayProcess,
  HookServer,
  RawClient,
  type ServiceProcess,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
  UNLIMITED,
} from '@outcry/testkit';

export const DESK_KEY = 'a-key-of-the-desk-that-acts';
const SECRET = 'a-secret-of-at-least-thirty-two-characters';
export const WATCHER_KEY = 'a-key-of-a-watcher-that-looks';

/** What strangers may call themselves, their rooms, and what they may say. */
export const EVIL = '"><img src=x onerror="window.isTaken=true"><script>window.isTaken=true</script>';

/** More than the kernel takes for a client that reads nothing. */
const LONG = 'x'.repeat(12_000);
const AT_ONCE = 300;
const LOUD_PAUSE_MS = 20;
/** So many failures open a breaker: of a hook, and of the archive. */
const HOOK_FAILURES = 10;
const ARCHIVE_FAILURES = 3;
const ARCHIVED = 'minutes-today';
/** Nobody is there. */
const NO_DATABASE = 'postgres://outcry@127.0.0.1:1/none';

/** Two gateways, a book and some people, whose connections have become what on-call questions are about. */
export class ConsoleStage {
  readonly gateways: readonly [GatewayProcess, GatewayProcess];
  /** Undefined behind its loss. */
  #redis: TestRedis | undefined;
  readonly #publisher: ServiceProcess;
  readonly #server: HookServer;
  readonly #clients: RawClient[] = [];
  #talk: NodeJS.Timeout | undefined;

  private constructor(parts: {
    readonly gateways: readonly [GatewayProcess, GatewayProcess];
    readonly redis: TestRedis;
    readonly publisher: ServiceProcess;
    readonly server: HookServer;
  }) {
    this.gateways = parts.gateways;
    this.#redis = parts.redis;
    this.#publisher = parts.publisher;
    this.#server = parts.server;
  }

  static async start(): Promise<ConsoleStage> {
    const [redis, server] = await Promise.all([startRedis(), HookServer.start()]);
    const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    const settings = {
      ...{ ...shared, ...UNLIMITED, apiKeys: `desk ${DESK_KEY}`, apiReadKeys: `watcher ${WATCHER_KEY}` },
      ...{ console: true, consoleDir: consoleDirectory, authQuery: true, drainDelayMs: 0, reconnectSpreadMs: 0 },
      ...{ softBufferBytes: 64 * 1024, hardBufferBytes: 64 * 1024 * 1024, laggingTimeoutMs: 300 },
      ...{ hooksRpcUrl: server.urlOf('rpc'), hooksSecret: SECRET, hooksPlainHttp: true, hooksBreakerOpenMs: 600_000 },
      ...{ archiveUrl: NO_DATABASE, roomRules: JSON.stringify([{ pattern: 'minutes-*', archive: true }]) },
    };
    const [first, second, publisher] = await Promise.all([
      startGateway({ ...settings, nodeId: 'gw-1' }),
      startGateway({ ...settings, nodeId: 'gw-2' }),
      startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } }),
    ]);
    return new ConsoleStage({ gateways: [first, second], redis, publisher, server });
  }

  /** Where the console is. */
  get origin(): string {
    return this.gateways[0].internalUrl;
  }

  /** As a server of the operator's. */
  async command(name: string, params: unknown): Promise<unknown> {
    const response = await fetch(`${this.origin}/api/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${DESK_KEY}` },
      body: JSON.stringify(params),
    });
    if (!response.ok) throw new Error(`${name} was answered ${String(response.status)}: ${await response.text()}`);
    return response.json();
  }

  /** Somebody comes in, into these rooms. */
  async enter(user: string, rooms: readonly string[], gateway = this.gateways[1]): Promise<RawClient> {
    const url = `${gateway.url}?token=${encodeURIComponent(user)}`;
    const client = await RawClient.connect({ url, encoding: 'json' });
    this.#clients.push(client);
    await client.next('welcome');
    for (const room of rooms) await client.expectAnswer('joined', { type: 'join', room, history: 0 });
    return client;
  }

  /** Lets happen what whoever is on call is woken by. */
  async play(): Promise<void> {
    // What is loud is counted from here on: nobody has to wait for the first window.
    await this.command('top', { seconds: 60 });
    const ann = await this.enter('ann', ['pit', 'news']);
    const [bob, carol] = [await this.enter('bob', ['pit', 'lobby']), await this.enter('carol', ['lobby'])];
    await this.enter('dave', ['lobby'], this.gateways[0]);
    await this.enter(EVIL, [EVIL]);
    await bob.expectAnswer('ack', { type: 'subscribe', symbol: 'BTCUSDT', depth: 10, interval: 100 });
    await this.command('publish', { room: EVIL, from: EVIL, data: { text: EVIL, [EVIL]: EVIL } });
    await this.command('publish', { room: 'lobby', from: 'carol', data: { text: 'is anybody there?' } });
    this.#talk = setInterval(() => {
      bob.send({ type: 'publish', room: 'pit', data: { text: 'sold!' } });
    }, LOUD_PAUSE_MS);
    await this.#breakHook(bob);
    await this.#loseArchive();
    await this.#loseBySlowness(ann);
    carol.socket.destroy();
    await this.command('disconnect', { user: 'dave' });
  }

  /** Nothing of the cluster works behind this. */
  async loseRedis(): Promise<void> {
    const redis = this.#redis;
    this.#redis = undefined;
    await redis?.stop();
  }

  async stop(): Promise<void> {
    clearInterval(this.#talk);
    for (const client of this.#clients) client.socket.destroy();
    await Promise.all([...this.gateways, this.#publisher].map((part) => part[Symbol.asyncDispose]()));
    await this.#server[Symbol.asyncDispose]();
    await this.loseRedis();
  }

  /** The operator's server answers once, and then fails until it is asked no longer. */
  async #breakHook(client: RawClient): Promise<void> {
    this.#server.answer('rpc', () => ({ json: { allow: true, data: 1 } }));
    await client.expectAnswer('reply', { type: 'call', method: 'price' });
    this.#server.answer('rpc', () => ({ status: 500, text: '' }));
    for (let i = 0; i < HOOK_FAILURES; i += 1) await client.expectAnswer('error', { type: 'call', method: 'price' });
  }

  /** What Redis has no longer is asked for in vain. */
  async #loseArchive(): Promise<void> {
    await this.command('publish', { room: ARCHIVED, data: 'what was decided' });
    await this.command('removeHistory', { room: ARCHIVED });
    for (let i = 0; i < ARCHIVE_FAILURES; i += 1) await this.command('history', { room: ARCHIVED });
  }

  /** She reads nothing, until her gateway has seen enough. */
  async #loseBySlowness(ann: RawClient): Promise<void> {
    ann.pause();
    const commands = Array.from({ length: AT_ONCE }, () => ({
      command: 'publish',
      params: { room: 'pit', data: LONG },
    }));
    for (;;) {
      await this.command('batch', { commands });
      const { connections } = (await this.command('connections', { user: 'ann' })) as {
        connections: { closed?: object }[];
      };
      if (connections[0]?.closed !== undefined) return;
    }
  }
}
