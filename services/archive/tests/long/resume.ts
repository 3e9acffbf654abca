import { setTimeout as delay } from 'node:timers/promises';

import { OutcryError } from '@outcry/broker';
import { createClientCodec, type Position } from '@outcry/protocol';
import { WebSocket } from 'ws';

import { type Cluster, inCluster, metricOf } from './cluster.ts';
import { atLeast, none, quantile, type Row, told } from './row.ts';
import { until } from './until.ts';
import { ARCHIVED, type Speaker } from '../support/speaker.ts';

const ROOM = 'pit';
const TEXT = 'x'.repeat(150);
/** Of them no more is stored than that, once they are archived. */
const RETENTION = { ...ARCHIVED, count: 20, unarchivedBytes: 2 ** 26 };
const RETRY_MS = 50;
const SPOKEN_AT_ONCE = 128;
/** Messages that are said while they come back. */
const LIVE = 100;
const DEADLINE_MS = 180_000;
/** How many are on their way to a gateway at a time: all that came back want what they missed at once. */
const CONNECTS_AT_ONCE = 50;
const codec = createClientCodec('msgpack');

/** A client that comes back, and checks each message as it comes: it keeps none. */
class Returner {
  readonly since: number;
  isRecovered: boolean | undefined;
  /** Of the last message that was in its place. */
  seq: number;
  doubled = 0;
  holes = 0;
  changed = 0;
  resets = 0;
  caughtUpMs = Infinity;
  readonly #socket: WebSocket;
  readonly #target: number;
  #askedAt = 0;

  constructor(url: string, { name, since, target }: { name: string; since: number; target: number }) {
    this.since = since;
    this.seq = since;
    this.#target = target;
    this.#socket = new WebSocket(url, ['outcry.v1.msgpack', `bearer.${name}`]);
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (bytes: Buffer) => {
      this.#take(bytes);
    });
  }

  /** Resolves when it may ask. */
  get connected(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('message', () => {
        resolve();
      });
    });
  }

  join(epoch: string): void {
    this.#askedAt = performance.now();
    const since = { epoch, seq: this.since };
    this.#socket.send(codec.encodeClient({ type: 'join', id: 1, room: ROOM, since, history: 0 }));
  }

  end(): void {
    this.#socket.terminate();
  }

  #take(bytes: Buffer): void {
    const frame = codec.decodeServer(bytes);
    if (frame?.type === 'joined' && frame.id === 1) this.isRecovered = frame.recovered;
    if (frame?.type === 'error') this.isRecovered ??= false;
    if (frame?.type === 'reset' && frame.room === ROOM) this.resets += 1;
    if (frame?.type !== 'message' || frame.room !== ROOM) return;
    if (frame.seq <= this.seq) this.doubled += 1;
    else this.holes += frame.seq - this.seq - 1;
    if ((frame.data as { readonly n?: number }).n !== frame.seq) this.changed += 1;
    this.seq = Math.max(this.seq, frame.seq);
    if (this.seq === this.#target) this.caughtUpMs = performance.now() - this.#askedAt;
  }
}

export interface ResumeOptions {
  readonly clients: number;
  readonly messages: number;
  readonly gateways: number;
}

/** Clients come back to a room whose stream begins behind what they have seen, all at once, while somebody speaks on. */
export function resumeAll(options: ResumeOptions): Promise<readonly Row[]> {
  return inCluster({ gateways: options.gateways, archives: 1 }, (cluster) => resumeIn(cluster, options));
}

async function resumeIn(cluster: Cluster, { clients, messages }: ResumeOptions): Promise<readonly Row[]> {
  const speaker = await cluster.startSpeaker();
  const returners: Returner[] = [];
  try {
    const position = await trim(cluster, speaker, messages);
    const target = position.seq + 1;
    for (let i = 0; i < clients; i += CONNECTS_AT_ONCE) {
      const some = Array.from({ length: Math.min(CONNECTS_AT_ONCE, clients - i) }, (_, k) => {
        const since = Math.floor((messages * (i + k)) / clients);
        return new Returner(cluster.urls[k % cluster.urls.length] ?? '', {
          name: `returner-${String(i + k)}`,
          since,
          target,
        });
      });
      await Promise.all(some.map(({ connected }) => connected));
      returners.push(...some);
    }
    for (const returner of returners) returner.join(position.epoch);
    // Live, in the midst of it.
    let said = position.seq;
    while (said < target + LIVE) await say(speaker, (said += 1));
    await until(() => returners.every(({ seq, isRecovered }) => seq === said || isRecovered === false), {
      what: 'all have all',
      deadlineMs: DEADLINE_MS,
    }).catch((err: unknown) => process.stderr.write(`${String(err)}\n`));
    return await judge(cluster, returners, { messages, said });
  } finally {
    for (const returner of returners) returner.end();
    await speaker[Symbol.asyncDispose]();
  }
}

/** The message of a number, which is its place as well: so whether one was said whose answer is lost is seen by where the room is. */
async function say(speaker: Speaker, n: number): Promise<Position> {
  for (;;) {
    try {
      const { head } = await speaker.backplane.broker.readHistory(ROOM, { last: 1 }, ARCHIVED);
      if (head.seq >= n) return head;
      return (await speaker.say(ROOM, { n, text: TEXT }, RETENTION)).position;
    } catch (err) {
      if (!(err instanceof OutcryError) || err.code !== 'unavailable') throw err;
      await delay(RETRY_MS);
    }
  }
}

/** Says so many messages, and goes on until the stream begins behind them; resolves with where the room is then. */
async function trim(cluster: Cluster, speaker: Speaker, messages: number): Promise<Position> {
  let position: Position = { epoch: '', seq: 0 };
  while (position.seq < messages) position = await say(speaker, position.seq + 1);
  await cluster.untilArchived([ROOM], DEADLINE_MS);
  // It is trimmed as somebody speaks who can know how far the room is archived.
  await until(
    async () => {
      for (let i = 0; i < SPOKEN_AT_ONCE; i++) position = await say(speaker, position.seq + 1);
      const page = { limit: 1, after: 0, epoch: position.epoch };
      const { messages: stored } = await speaker.backplane.broker.readHistory(ROOM, page, ARCHIVED);
      return (stored[0]?.position.seq ?? 0) > messages;
    },
    { what: 'the stream is trimmed', deadlineMs: DEADLINE_MS },
  );
  return position;
}

async function judge(
  cluster: Cluster,
  returners: readonly Returner[],
  { messages, said }: { readonly messages: number; readonly said: number },
): Promise<readonly Row[]> {
  const sum = (count: (returner: Returner) => number): number => returners.reduce((all, each) => all + count(each), 0);
  const times = returners.map(({ caughtUpMs }) => caughtUpMs / 1000);
  const what = `resume: ${String(returners.length)} clients at once, up to ${String(messages)} messages behind the stream`;
  const pages = await sumOf(cluster, 'outcry_gateway_archive_reads_total');
  return [
    told(what, `${String(sum(({ since }) => said - since))} messages`),
    atLeast('… read from the archive', { bar: messages / 1000, found: pages, unit: 'pages' }),
    none(
      '… not resumed',
      sum(({ isRecovered }) => (isRecovered === true ? 0 : 1)),
    ),
    none(
      '… resumed, and reset in the midst of it',
      sum(({ resets }) => resets),
    ),
    none(
      '… without the last message',
      sum(({ seq }) => (seq === said ? 0 : 1)),
    ),
    none(
      '… messages missing',
      sum(({ holes }) => holes),
    ),
    none(
      '… messages twice or in another order',
      sum(({ doubled }) => doubled),
    ),
    none(
      '… messages of another number',
      sum(({ changed }) => changed),
    ),
    told('… pages that could not be had in time', String(await sumOf(cluster, 'outcry_gateway_archive_faults_total'))),
    told(
      '… pages asked for once for several',
      String(await sumOf(cluster, 'outcry_gateway_archive_reads_spared_total')),
    ),
    told(
      '… until live, the median and the slowest',
      [0.5, 1].map((share) => `${quantile(times, share).toFixed(1)} s`).join(', '),
    ),
  ];
}

async function sumOf({ gateways }: Cluster, metric: string): Promise<number> {
  const counts = await Promise.all(gateways.map((each) => metricOf(each, metric)));
  return counts.reduce((sum, count) => sum + count, 0);
}
