import { connect, type Socket } from 'node:net';

import { Encoding } from '@outcry/protocol';
import { RawClient } from '@outcry/testkit';

import { ROOM } from '../contestants/contestant.ts';
import { createOutcry } from '../contestants/outcry.ts';
import { median } from '../measure/median.ts';
import { cpuSecondsOf, residentBytesOf } from '../measure/process-stats.ts';
import { Scope } from '../measure/scope.ts';
import { bars } from '../report/bars.ts';
import type { Row } from '../report/report.ts';
import type { Experiment } from './experiment.ts';

const MEMBERS = 200;
const MESSAGES = 300;
const QUICK_MESSAGES = 100;
const MICROS = 1_000_000;
const KIB = 1024;
/** Digits that repeat as those of prices and sizes do. */
const LENGTHS = [2000, 8000];

interface Cost {
  /** CPU of the gateway for each delivery. */
  readonly micros: number;
  /** On the wire, for each. */
  readonly bytes: number;
  readonly kib: number;
}

/** What `OUTCRY_COMPRESSION=on` saves, and what it takes for that. */
export const COMPRESSION: Experiment = {
  name: 'compression',
  summary: 'permessage-deflate switched on: CPU and bytes of a delivery, memory of a connection',
  run: async ({ redisUrl, rounds, isQuick, progress }) => {
    const rows: Row[] = [];
    const messages = isQuick ? QUICK_MESSAGES : MESSAGES;
    for (const length of LENGTHS) {
      const costs: Record<string, Cost[]> = { off: [], on: [] };
      // In turn, so that what else the machine does is shared out.
      for (let round = 1; round <= rounds; round += 1) {
        for (const compression of ['off', 'on']) {
          const cost = await Scope.run((scope) => measure(scope, { redisUrl, compression, length, messages }));
          costs[compression]?.push(cost);
          progress(
            `compression ${compression}, ${String(length)} characters: ${cost.micros.toFixed(1)} µs and ${cost.bytes.toFixed(0)} bytes each, ${cost.kib.toFixed(1)} KiB a connection`,
          );
        }
      }
      for (const [compression, measured] of Object.entries(costs)) {
        rows.push({
          contestant: `${compression}, ${String(length)} characters`,
          micros: median(measured.map(({ micros }) => micros)),
          bytes: median(measured.map(({ bytes }) => bytes)),
          kib: median(measured.map(({ kib }) => kib)),
        });
      }
    }
    return {
      title: `Compression: one room, ${String(MEMBERS)} JSON members that offer it`,
      columns: [
        { key: 'contestant', title: 'OUTCRY_COMPRESSION' },
        { key: 'micros', title: 'CPU µs/delivery' },
        { key: 'bytes', title: 'bytes/delivery', digits: 0 },
        { key: 'kib', title: 'KiB per connection' },
      ],
      rows,
      bounds: [],
      chart: bars({ title: 'Compression: CPU of a delivery', rows, value: 'micros', axis: 'CPU µs (less is better)' }),
    };
  },
};

interface Trial {
  readonly redisUrl: string;
  readonly compression: string;
  readonly length: number;
  readonly messages: number;
}

async function measure(scope: Scope, { redisUrl, compression, length, messages }: Trial): Promise<Cost> {
  const contestant = createOutcry({ encoding: Encoding.Json, settings: { OUTCRY_COMPRESSION: compression } });
  const gateway = scope.hold(await contestant.start(redisUrl));
  const url = `ws://127.0.0.1:${String(gateway.port)}/ws`;
  const publisher = await RawClient.connect({ url, encoding: 'json', token: 'publisher' });
  await publisher.expectAnswer('joined', { type: 'join', room: ROOM, history: 0, echo: false });
  const before = residentBytesOf(gateway.pid);
  const members = Array.from({ length: MEMBERS }, (_, i) => openMember(gateway.port, i));
  await Promise.all(members.map((member) => member.joined));
  const publish = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      await publisher.expectAnswer('ack', { type: 'publish', room: ROOM, data: textOf(length, i) });
    }
    // The last of them has reached a member when an answer behind it has.
    await Promise.all(members.map((member) => member.untilQuiet()));
  };
  await publish(10);
  const begun = { cpu: cpuSecondsOf(gateway.pid), bytes: sum(members) };
  await publish(messages);
  const deliveries = messages * MEMBERS;
  const cost = {
    micros: ((cpuSecondsOf(gateway.pid) - begun.cpu) * MICROS) / deliveries,
    bytes: (sum(members) - begun.bytes) / deliveries,
    kib: (residentBytesOf(gateway.pid) - before) / MEMBERS / KIB,
  };
  for (const { socket } of members) socket.destroy();
  await publisher.close();
  return cost;
}

/** Levels of a book, say: digits that are alike and not the same. */
function textOf(length: number, seed: number): string {
  let text = '';
  for (let i = 0; text.length < length; i += 1)
    text += `["6183${String((seed * 7919 + i * 104_729) % 100_000)}","3.7"],`;
  return text.slice(0, length);
}

interface Member {
  readonly socket: Socket;
  readonly joined: Promise<void>;
  readonly received: () => number;
  /** Resolves when nothing has come for a while. */
  untilQuiet(): Promise<void>;
}

const QUIET_MS = 200;

/** Offers compression, joins the room, and counts what comes without looking at it. */
function openMember(port: number, index: number): Member {
  const socket = connect(port, '127.0.0.1');
  let bytes = 0;
  let lastAt = performance.now();
  let onJoined = (): void => undefined;
  const joined = new Promise<void>((resolve) => (onJoined = resolve));
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    lastAt = performance.now();
    if (chunk.includes(`"room":"${ROOM}"`)) onJoined();
  });
  socket.write(
    [
      'GET /ws HTTP/1.1',
      'Host: 127.0.0.1',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `Sec-WebSocket-Protocol: outcry.v1.json, bearer.member-${String(index)}`,
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
      '\r\n',
    ].join('\r\n'),
  );
  const join = Buffer.from(JSON.stringify({ type: 'join', room: ROOM, history: 0 }));
  // Masked by zeros, which leave it as it is (RFC 6455 §5.3).
  socket.once('data', () => {
    socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | join.length, 0, 0, 0, 0), join]));
  });
  return {
    socket,
    joined,
    received: () => bytes,
    untilQuiet: () =>
      new Promise((resolve) => {
        const look = setInterval(() => {
          if (performance.now() - lastAt < QUIET_MS) return;
          clearInterval(look);
          resolve();
        }, QUIET_MS / 4);
      }),
  };
}

function sum(members: readonly Member[]): number {
  return members.reduce((total, member) => total + member.received(), 0);
}
