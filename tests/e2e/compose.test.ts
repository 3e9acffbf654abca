import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import {
  closeCode,
  Inbox,
  leasePort,
  type PortLease,
  withDeadline,
  type ServerFrameOf,
  type ServerFrameType,
  type WireServerFrame,
} from '@outcry/testkit';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { eventually } from '../support/eventually.ts';

const COMPOSE_FILE = fileURLToPath(new URL('../../deploy/docker-compose.yml', import.meta.url));
const GATEWAYS = 3;
const PUBLISHERS = 2;
/** Images are built from nothing where there is no cache. */
const BUILD_DEADLINE_MS = 600_000;
const HEALTHY_DEADLINE_MS = 120_000;
const FRAME_DEADLINE_MS = 20_000;
/** A gateway that went is noticed by its clients and by HAProxy's checks well within this. */
const FAILOVER_DEADLINE_MS = 30_000;
/** What `ws` reports where no close frame came: the gateway had no time to send one. */
const ABNORMAL_CLOSURE = 1006;
/** What the project may add to its base image: a bundle, one native binary, the demo page. */
const MAX_ADDED_BYTES = 16 * 1024 * 1024;

/** What `docker inspect` says of a container, as far as it matters here. */
interface Container {
  readonly Id: string;
  readonly Image: string;
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Health?: { readonly Status: string } };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
}

const execFileAsync = promisify(execFile);

async function run(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const [file = '', ...args] = command;
  const { stdout, stderr } = await execFileAsync(file, args, { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout + stderr;
}

async function succeeds(command: readonly string[]): Promise<boolean> {
  return run(command).then(
    () => true,
    () => false,
  );
}

/** The deployment of deploy/docker-compose.yml, under a name and on a port of its own. */
class ComposeStack {
  readonly url: string;
  readonly #project: string;
  readonly #command: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #lease: PortLease;

  private constructor(command: readonly string[], lease: PortLease) {
    this.#lease = lease;
    this.url = `localhost:${String(lease.port)}`;
    this.#project = `outcry-e2e-${String(process.pid)}`;
    this.#command = [...command, '-p', this.#project, '-f', COMPOSE_FILE];
    // The tester's own settings must not reach the services.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('OUTCRY_'));
    this.#env = { ...Object.fromEntries(inherited), OUTCRY_HTTP_PORT: String(lease.port) };
  }

  /** With Compose v2 where it is there, else with docker-compose 1.29. */
  static async create(): Promise<ComposeStack> {
    const isV2 = await succeeds(['docker', 'compose', 'version']);
    return new ComposeStack(isV2 ? ['docker', 'compose'] : ['docker-compose'], await leasePort());
  }

  async compose(...args: readonly string[]): Promise<string> {
    return run([...this.#command, ...args], this.#env);
  }

  async down(): Promise<void> {
    await this.compose('down', '-v', '--remove-orphans');
    this.#lease[Symbol.dispose]();
  }

  /** Every container of the project, stopped ones too; or those of one service. */
  async containers(service?: string): Promise<readonly Container[]> {
    const filter = `label=com.docker.compose.project=${this.#project}`;
    const ids = (await run(['docker', 'ps', '-aq', '--filter', filter])).split('\n').filter((id) => id !== '');
    if (ids.length === 0) return [];
    const all = JSON.parse(await run(['docker', 'inspect', ...ids])) as readonly Container[];
    return all.filter((container) => service === undefined || serviceOf(container) === service);
  }

  /** Sorted lines such as `redis healthy`. */
  async health(): Promise<readonly string[]> {
    const containers = await this.containers();
    return containers
      .map((container) => `${serviceOf(container)} ${container.State.Health?.Status ?? container.State.Status}`)
      .sort();
  }

  /** The container whose gateway calls itself by this name. */
  async gatewayNamed(node: string): Promise<Container> {
    for (const container of await this.containers('gateway')) {
      if ((await run(['docker', 'logs', container.Id])).includes(`"node":"${node}"`)) return container;
    }
    throw new Error(`no gateway container calls itself ${node}`);
  }
}

function serviceOf(container: Container): string {
  return container.Config.Labels['com.docker.compose.service'] ?? '?';
}

/** A session over the `ws` package, in JSON. */
class Session {
  readonly welcome: ServerFrameOf<'welcome'>;
  readonly #closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #frames: Inbox<WireServerFrame>;

  private constructor(socket: WebSocket, frames: Inbox<WireServerFrame>, welcome: ServerFrameOf<'welcome'>) {
    this.#socket = socket;
    this.#frames = frames;
    this.welcome = welcome;
    this.#closed = new Promise((resolve) => {
      socket.on('close', resolve);
    });
  }

  /** Comes again where it is cut as it comes, as clients do: HAProxy cuts who waits for a gateway when it finds out that this is dead. */
  static async connect(stack: ComposeStack): Promise<Session> {
    const begun: Session[] = [];
    await eventually(
      async () => {
        const session = await Session.#attempt(stack);
        if (session !== undefined) begun.push(session);
        return session !== undefined;
      },
      { deadlineMs: FAILOVER_DEADLINE_MS, describe: () => 'no gateway takes a session' },
    );
    return begun[0] as Session;
  }

  /** Undefined where the connection is cut before it has begun. */
  static async #attempt(stack: ComposeStack): Promise<Session | undefined> {
    const socket = new WebSocket(`ws://${stack.url}/ws`, 'outcry.v1.json');
    const frames = new Inbox<WireServerFrame>((frame) => JSON.stringify(frame));
    socket.on('message', (data: Buffer) => {
      frames.push(JSON.parse(data.toString()) as WireServerFrame);
    });
    socket.on('error', (error) => {
      frames.end(error);
    });
    socket.on('close', (code) => {
      frames.end(new Error(`closed with ${String(code)}`));
    });
    try {
      return new Session(socket, frames, await takeFrame(frames, 'welcome'));
    } catch (err) {
      if (err instanceof Error && (err.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET')
        return undefined;
      throw err;
    }
  }

  get node(): string {
    return this.welcome.node;
  }

  send(frame: Readonly<Record<string, unknown>>): void {
    this.#socket.send(JSON.stringify(frame));
  }

  async take<T extends ServerFrameType>(
    type: T,
    matches?: (frame: ServerFrameOf<T>) => boolean,
  ): Promise<ServerFrameOf<T>> {
    return takeFrame(this.#frames, type, matches);
  }

  async join(room: string, since?: { readonly epoch: string; readonly seq: number }): Promise<ServerFrameOf<'joined'>> {
    this.send({ type: 'join', room, since });
    return this.take('joined', (joined) => joined.room === room);
  }

  /** Resolves with the message's `seq` once Redis has it. */
  async publish(room: string, data: string): Promise<number> {
    this.send({ type: 'publish', id: data, room, data });
    const { seq } = await this.take('ack', (ack) => ack.id === data);
    if (seq === undefined) throw new Error('the ack of a publish has no seq');
    return seq;
  }

  /** Resolves with the code of the connection's end, which is due within the time of a failover. */
  async closeCode(): Promise<number> {
    const describe = (): string => `the session on ${this.node} is still open`;
    return withDeadline(this.#closed, { deadlineMs: FAILOVER_DEADLINE_MS, describe });
  }

  close(): void {
    this.#socket.terminate();
  }
}

async function takeFrame<T extends ServerFrameType>(
  frames: Inbox<WireServerFrame>,
  type: T,
  matches: (frame: ServerFrameOf<T>) => boolean = () => true,
): Promise<ServerFrameOf<T>> {
  const isWanted = (frame: WireServerFrame): boolean => frame.type === type && matches(frame as ServerFrameOf<T>);
  return (await frames.take(isWanted, { what: type, deadlineMs: FRAME_DEADLINE_MS })) as ServerFrameOf<T>;
}

/** The publisher that was last to say that it leads the symbol. */
async function leaderOf(stack: ComposeStack, symbol: string): Promise<Container> {
  const terms: { readonly container: Container; readonly fence: number }[] = [];
  for (const container of await stack.containers('feed-publisher')) {
    const log = await run(['docker', 'logs', container.Id]);
    for (const [, fence] of log.matchAll(new RegExp(`"symbol":"${symbol}","fence":(\\d+),"msg":"feed led"`, 'g'))) {
      terms.push({ container, fence: Number(fence) });
    }
  }
  const latest = terms.sort((a, b) => b.fence - a.fence)[0];
  if (latest === undefined) throw new Error(`no publisher leads ${symbol}`);
  return latest.container;
}

/** One session on each gateway: HAProxy sends a new one where the fewest are, so a few attempts find them all. */
async function connectToEveryGateway(stack: ComposeStack): Promise<readonly Session[]> {
  const byNode = new Map<string, Session>();
  for (let attempt = 0; attempt < 4 * GATEWAYS && byNode.size < GATEWAYS; attempt++) {
    const session = await Session.connect(stack);
    if (byNode.has(session.node)) session.close();
    else byNode.set(session.node, session);
  }
  return [...byNode.values()];
}

async function imageBytes(image: string): Promise<number> {
  return Number(await run(['docker', 'image', 'inspect', '-f', '{{.Size}}', image]));
}

const isDockerInstalled = await succeeds(['docker', '--version']);

describe.skipIf(!isDockerInstalled)(
  `the compose deployment${isDockerInstalled ? '' : ' (Docker is not installed)'}`,
  () => {
    let stack: ComposeStack;
    let sessions: readonly Session[] = [];

    beforeAll(async () => {
      stack = await ComposeStack.create();
      await stack.compose('up', '-d', '--build');
    }, BUILD_DEADLINE_MS);

    afterAll(async () => {
      for (const session of sessions) session.close();
      await stack.down();
    });

    beforeEach(({ onTestFailed }) => {
      onTestFailed(async () => {
        console.error(await stack.compose('logs', '--no-color', '--tail=30'));
      });
    });

    test('brings up every part healthy', async () => {
      await expect
        .poll(() => stack.health(), { timeout: HEALTHY_DEADLINE_MS, interval: 500 })
        .toEqual([
          ...Array<string>(PUBLISHERS).fill('feed-publisher healthy'),
          ...Array<string>(GATEWAYS).fill('gateway healthy'),
          'haproxy healthy',
          'redis healthy',
        ]);
    });

    test.each(['gateway', 'feed-publisher'])(
      'runs %s without privileges, on a root it cannot write to',
      async (service) => {
        const [container] = await stack.containers(service);
        const inside = ['docker', 'exec', container?.Id ?? ''];
        await expect(run([...inside, 'id', '-u'])).resolves.toBe('1000\n');
        await expect(run([...inside, 'grep', 'CapEff', '/proc/1/status'])).resolves.toMatch(/\t0{16}\n/);
        await expect(run([...inside, 'touch', '/home/node/mine'])).rejects.toThrow('Read-only file system');
      },
    );

    test.each(['gateway', 'feed-publisher'])('adds little to its base image for %s', async (service) => {
      const [container] = await stack.containers(service);
      const [bytes, baseBytes] = await Promise.all([
        imageBytes(container?.Image ?? ''),
        imageBytes('node:22-bookworm-slim'),
      ]);
      const megabytes = (size: number): string => `${(size / 1e6).toFixed(1)} MB`;
      console.info(`${service} image: ${megabytes(bytes)}, ${megabytes(bytes - baseBytes)} of them on top of its base`);
      expect(bytes - baseBytes).toBeLessThan(MAX_ADDED_BYTES);
    });

    test('spreads sessions over all gateways, and carries a message to each in the same order', async () => {
      sessions = await connectToEveryGateway(stack);
      expect(sessions).toHaveLength(GATEWAYS);
      for (const session of sessions) await session.join('lobby');
      const published = await Promise.all(
        sessions.map((session, index) => session.publish('lobby', `from ${String(index)}`)),
      );
      for (const session of sessions) {
        const received: number[] = [];
        for (const _ of published) received.push((await session.take('message', ({ room }) => room === 'lobby')).seq);
        expect(received).toEqual([...published].sort((a, b) => a - b));
      }
    });

    test('shows the simulated books on every gateway', async () => {
      for (const session of sessions) {
        session.send({ type: 'symbols', id: 'symbols' });
        const { instruments = [] } = await session.take('ack', ({ id }) => id === 'symbols');
        expect(instruments.map(({ symbol }) => symbol).sort()).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLUSDT']);
        session.send({ type: 'subscribe', id: 'book', symbol: 'BTCUSDT', depth: 10, interval: 100 });
        const snapshot = await session.take('snapshot', ({ symbol }) => symbol === 'BTCUSDT');
        expect(snapshot.bids).toHaveLength(10);
        const delta = await session.take('delta', ({ symbol }) => symbol === 'BTCUSDT');
        expect(delta.prev).toBe(snapshot.seq);
        session.send({ type: 'unsubscribe', symbol: 'BTCUSDT', depth: 10, interval: 100 });
      }
    });

    test('goes on with every book when a publisher is killed', async () => {
      const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
      const [watcher] = sessions as [Session];
      const epochs = new Map<string, string>();
      for (const symbol of symbols) {
        watcher.send({ type: 'subscribe', symbol, depth: 1, interval: 100 });
        epochs.set(symbol, (await watcher.take('snapshot', (frame) => frame.symbol === symbol)).epoch);
      }
      const lost = await leaderOf(stack, 'BTCUSDT');
      await run(['docker', 'kill', lost.Id]);
      const next = await watcher.take(
        'snapshot',
        ({ symbol, epoch }) => symbol === 'BTCUSDT' && epoch !== epochs.get(symbol),
      );
      const delta = await watcher.take('delta', ({ symbol, prev }) => symbol === 'BTCUSDT' && prev === next.seq);
      expect(delta.seq).toBeGreaterThan(next.seq);
      for (const symbol of symbols) watcher.send({ type: 'unsubscribe', symbol, depth: 1, interval: 100 });
    });

    test('serves the demo page', async () => {
      const page = await fetch(`http://${stack.url}/`);
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(await page.text()).toContain('<title>outcry</title>');
    });

    test('loses nothing when a gateway is killed: its client resumes on another, where the others never stopped', async () => {
      const [lost, publisher, witness] = sessions as [Session, Session, Session];
      const { epoch } = await lost.join('failover');
      await publisher.join('failover');
      await witness.join('failover');
      const position = { epoch, seq: await publisher.publish('failover', 'before') };
      for (const session of [lost, witness]) await session.take('message', ({ data }) => data === 'before');

      await run(['docker', 'kill', (await stack.gatewayNamed(lost.node)).Id]);
      expect(await lost.closeCode()).toBe(ABNORMAL_CLOSURE);
      const seq = await publisher.publish('failover', 'while away');
      expect(await witness.take('message', ({ room }) => room === 'failover')).toMatchObject({
        seq,
        data: 'while away',
      });

      const back = await Session.connect(stack);
      sessions = [back, publisher, witness];
      expect(back.node).not.toBe(lost.node);
      expect(await back.join('failover', position)).toMatchObject({ epoch: position.epoch, recovered: true });
      expect(await back.take('message', ({ room }) => room === 'failover')).toMatchObject({ seq, data: 'while away' });
      await back.publish('failover', 'back again');
      await witness.take('message', ({ data }) => data === 'back again');
    });

    test('sends clients away with a restart code when a gateway is stopped, which then exits cleanly', async () => {
      const leaving = sessions[1] as Session;
      const container = await stack.gatewayNamed(leaving.node);
      await run(['docker', 'stop', container.Id]);
      expect(await leaving.closeCode()).toBe(closeCode('restart').code);
      const stopped = (await stack.containers('gateway')).find(({ Id }) => Id === container.Id);
      expect(stopped?.State).toMatchObject({ Status: 'exited', ExitCode: 0 });

      const back = await Session.connect(stack);
      sessions = [...sessions, back];
      expect(back.node).not.toBe(leaving.node);
    });
  },
);
