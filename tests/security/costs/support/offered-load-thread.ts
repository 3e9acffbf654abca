import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

import { WebSocket } from 'ws';

import type { LoadData, LoadOutcome } from './offered-load.ts';
import { cpuMsOf } from './usage.ts';

const TICK_MS = 5;
/** Bytes of an answer that are looked at: the rest says nothing that is counted. */
const ACK = '{"type":"ack"';
const ID = /"id":(\d+)/;
const HINT = '"retryInMs":';
/** Waits that are kept: a sample of them. */
const SAMPLE = 16;

const { url, pid, connections, pace, warmUpMs, countedMs } = workerData as LoadData;
const sentAt = new Map<number, number>();
const count = { acknowledged: 0, refused: 0, hinted: 0, offered: 0 };
const waitsMs: number[] = [];
let lastId = 0;
let isCounting = false;
let isOver = false;

const sockets = await Promise.all(Array.from({ length: connections }, (_, i) => join(`load-${String(i)}`)));
if ('openPerConnection' in pace) {
  for (let i = 0; i < pace.openPerConnection; i += 1) for (const socket of sockets) publish(socket);
} else {
  void offer(pace.perSecond);
}
await delay(warmUpMs);
const cpuMsBefore = await cpuMsOf(pid);
isCounting = true;
const startedAt = performance.now();
await delay(countedMs);
const seconds = (performance.now() - startedAt) / 1000;
isOver = true;
const gatewayMs = (await cpuMsOf(pid)) - cpuMsBefore;
parentPort?.postMessage({
  acknowledgedPerSecond: count.acknowledged / seconds,
  refusedPerSecond: count.refused / seconds,
  offeredPerSecond: count.offered / seconds,
  hintedPerSecond: count.hinted / seconds,
  gatewayMsPerSecond: gatewayMs / seconds,
  waitsMs,
} satisfies LoadOutcome);
for (const socket of sockets) socket.terminate();

/** Each in a room of its own and without an echo: nothing but publishes is paid for. */
async function join(room: string): Promise<Publisher> {
  const socket = new WebSocket(url, 'outcry.v1.json');
  await once(socket, 'open');
  const publisher = Object.assign(socket, { room });
  const joined = new Promise<void>((resolve) => {
    socket.on('message', (bytes: Buffer) => {
      const text = bytes.toString('latin1');
      if (text.includes(`"room":"${room}"`) && text.startsWith('{"type":"joined"')) resolve();
      else answer(publisher, text);
    });
  });
  socket.send(JSON.stringify({ type: 'join', id: 0, room, history: 0, echo: false }));
  await joined;
  return publisher;
}

type Publisher = WebSocket & { readonly room: string };

function publish(socket: Publisher): void {
  lastId += 1;
  if (lastId % SAMPLE === 0) sentAt.set(lastId, performance.now());
  if (isCounting) count.offered += 1;
  socket.send(`{"type":"publish","id":${String(lastId)},"room":"${socket.room}","data":"0123456789abcdef"}`);
}

function answer(socket: Publisher, text: string): void {
  const id = Number(ID.exec(text)?.[1]);
  if (!(id > 0) || isOver) return;
  const isAcknowledged = text.startsWith(ACK);
  if (isCounting) {
    if (isAcknowledged) count.acknowledged += 1;
    else count.refused += 1;
    if (text.includes(HINT)) count.hinted += 1;
  }
  const since = sentAt.get(id);
  if (since !== undefined) {
    sentAt.delete(id);
    if (isCounting && isAcknowledged) waitsMs.push(performance.now() - since);
  }
  if ('openPerConnection' in pace) publish(socket);
}

/** Offers as many as are due by the clock, late ones too. */
async function offer(perSecond: number): Promise<void> {
  const begunAt = performance.now();
  let offered = 0;
  while (!isOver) {
    const due = ((performance.now() - begunAt) / 1000) * perSecond;
    for (; offered < due; offered += 1) {
      const socket = sockets[offered % sockets.length];
      if (socket !== undefined) publish(socket);
    }
    await delay(TICK_MS);
  }
}
