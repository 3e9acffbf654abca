import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

import { connect, type Message } from '@outcry/client';
import { startGateway, startRedis, TraceCollector, uniquePrefix } from '@outcry/testkit';

import { drawTrace, type DrawnSpan } from './draw-trace.ts';

const PICTURE = new URL('../../docs/images/trace.svg', import.meta.url);
const KEY = 'a-key-of-the-server-api';
const ROOM = 'chat.lobby';
/** What is compiled on the way is not what is to be seen. */
const WARM_UPS = 200;
const SPANS = 8;
const AHEAD_MS = readAhead();
const TITLE = 'One message: from the server API through Redis and two gateways into two clients';

/** Draws docs/images/trace.svg from the spans of a real message. */
async function drawPicture(): Promise<void> {
  const [redis, collector] = await Promise.all([startRedis(), TraceCollector.start()]);
  const shared = {
    ...{ redisUrl: redis.url, redisPrefix: uniquePrefix(), traceUrl: collector.url, apiKeys: KEY },
    roomRules: JSON.stringify([{ pattern: 'chat.*' }]),
  };
  const gateways = await Promise.all(['gateway-a', 'gateway-b'].map((nodeId) => startGateway({ ...shared, nodeId })));
  const clients = gateways.map(({ url }, i) => connect(url, { token: `user-${String(i)}` }));
  try {
    const received: DrawnSpan[] = [];
    const rooms = clients.map((client, i) =>
      client.join(ROOM, {
        onMessage: (message) => {
          const span = receiveOf(message, `client of ${i === 0 ? 'gateway-a' : 'gateway-b'}`);
          if (span !== undefined) received.push(span);
        },
      }),
    );
    await Promise.all(rooms.map((room) => room.joined));
    const say = (headers: Readonly<Record<string, string>>): Promise<Response> =>
      fetch(`${gateways[0]?.internalUrl ?? ''}/api/publish`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, ...headers },
        body: JSON.stringify({ room: ROOM, data: { text: 'hello' } }),
      });
    for (let i = 0; i < WARM_UPS; i += 1) await (await say({})).arrayBuffer();
    const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
    const startedAt = performance.now();
    await (await say({ traceparent: `00-${traceId}-${spanId}-01` })).arrayBuffer();
    const caller = { ...spanNow('POST /api/publish', startedAt), instance: 'back end', spanId };
    for (let i = 0; i < SPANS; i += 1) await collector.next('span', (span) => span.traceId === traceId);
    const spans = collector.spans.filter((span) => span.traceId === traceId);
    await writeFile(PICTURE, drawTrace([caller, ...spans, ...received], TITLE));
  } finally {
    for (const client of clients) client.close();
    await Promise.all([...gateways, collector].map((part) => part[Symbol.asyncDispose]()));
    await redis.stop();
  }
}

/** What an application makes of a message that is traced, as docs/CLIENT.md shows it: a span with a link. */
function receiveOf({ traceparent }: Message, instance: string): DrawnSpan | undefined {
  if (traceparent === undefined) return undefined;
  const [, traceId = '', spanId = ''] = traceparent.split('-');
  return { ...spanNow('receive', performance.now()), instance, links: [{ traceId, spanId }] };
}

function spanNow(name: string, startedAt: number): Omit<DrawnSpan, 'instance'> {
  const startMs = AHEAD_MS + startedAt;
  const spanId = randomBytes(8).toString('hex');
  return { name, spanId, parentSpanId: undefined, startMs, ms: performance.now() - startedAt, links: [] };
}

/** How far the time is ahead of `performance.now()`, near enough: `Date.now()` leaves out what is behind the millisecond. */
function readAhead(): number {
  return Math.max(...Array.from({ length: 100_000 }, () => Date.now() - performance.now()));
}

await drawPicture();
