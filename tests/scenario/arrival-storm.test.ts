import { type Client, connect } from '@outcry/client';
import { startGateway, startRedis, UNLIMITED } from '@outcry/testkit';
import { WebSocket } from 'ws';
import { expect, it } from 'vitest';

import { metricOf } from '../metrics.ts';
import { eventually, last } from '../support/eventually.ts';
import { IS_LONG, TIMEOUT_MS } from './support/scale.ts';
import { addRow } from './support/table.ts';
import { Throttle } from './support/throttle.ts';

const CLIENTS = 3000;
const ROOMS = 300;
/** More than a gateway takes that has a tenth of a processor, for longer than its loop may be without a free moment (decision 72). */
const PER_TENTH = 40;
const TENTH_MS = 100;
const THROTTLE = { periodMs: 50, runMs: 5 };
const DEADLINE_MS = 300_000;
const MS_PER_SECOND = 1000;
const SETTINGS = { ...UNLIMITED, maxHandshakesPerAddress: 0, maxNewRoomsPerAddress: 0 };

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0;
}

/** A client that has been turned away: when, and for how long. */
interface Refusal {
  readonly at: number;
  readonly seconds: number;
}

/** Clients of the library over a socket that shows the answer to its handshake, as docs/CLIENT.md has it ("Where it runs"). */
class Arrivals implements Disposable {
  readonly #url: string;
  readonly #clients: Client[] = [];
  /** All of them, by the number of their client. */
  readonly refusals: Refusal[][] = [];
  /** Attempts that came before the second that was told. */
  early = 0;
  /** Sockets that ended in any other way: on a machine with no time for the gateway at all, some give up before they are answered. */
  losses = 0;
  joined = 0;

  constructor(url: string) {
    this.#url = url;
  }

  get all(): readonly Refusal[] {
    return this.refusals.flat();
  }

  come(): void {
    const number = this.#clients.length;
    const own: Refusal[] = [];
    this.refusals.push(own);
    const client = connect(this.#url, {
      token: `user-${String(number)}`,
      webSocket: (url, protocols) => {
        const before = own.at(-1);
        // The library takes the last second of what it was told.
        if (before !== undefined && performance.now() < before.at + (before.seconds - 1) * MS_PER_SECOND)
          this.early += 1;
        return this.#open(url, protocols, own);
      },
    });
    this.#clients.push(client);
    void client.join(`room-${String(number % ROOMS)}`).joined.then(() => (this.joined += 1));
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client.close();
  }

  #open(url: string, protocols: string[], own: Refusal[]): WebSocket {
    const socket = new WebSocket(url, protocols);
    const refusedBefore = own.length;
    socket.on('unexpected-response', (request, { statusCode, headers }) => {
      request.destroy();
      own.push({ at: performance.now(), seconds: Number(headers['retry-after']) });
      const error = new Error(`HTTP ${String(statusCode)}`);
      socket.emit('error', Object.assign(error, { retryAfter: headers['retry-after'] }));
    });
    socket.on('close', () => {
      if (own.length === refusedBefore) this.losses += 1;
    });
    return socket;
  }
}

it.runIf(IS_LONG)(
  'gives turns to who comes while a gateway is busy with those who came, until all are in',
  { timeout: TIMEOUT_MS },
  async () => {
    await using redis = await startRedis();
    await using gateway = await startGateway({ redisUrl: redis.url, ...SETTINGS });
    using arrivals = new Arrivals(gateway.url);
    const startedAt = performance.now();
    let tookMs: number;
    {
      await using _ = new Throttle({ pid: gateway.process.pid, ...THROTTLE });
      for (let come = 0; come < CLIENTS; come += PER_TENTH) {
        for (let i = 0; i < PER_TENTH; i += 1) arrivals.come();
        await last(TENTH_MS);
      }
      await eventually(() => arrivals.joined === CLIENTS, {
        deadlineMs: DEADLINE_MS,
        describe: () => `${String(arrivals.joined)} are in, ${String(arrivals.all.length)} were turned away`,
      });
      tookMs = performance.now() - startedAt;
    }
    const seconds = arrivals.all.map((refusal) => refusal.seconds);
    const turned = arrivals.refusals.filter(({ length }) => length > 0).length;
    const counted = await metricOf(gateway, 'outcry_gateway_upgrades_refused_total{status="503"}');
    addRow(
      'more clients than a gateway with a tenth of a processor takes',
      { deliveries: arrivals.joined, lost: CLIENTS - arrivals.joined, duplicated: 0, outOfOrder: 0 },
      {
        repairMs: tookMs,
        remarks: `${String(turned)} turned away, ${String(seconds.length)} times (told ${[0, 0.5, 1].map((share) => String(quantile(seconds, share))).join('/')} s), ${String(arrivals.losses)} sockets lost`,
      },
    );
    expect(turned).toBeGreaterThan(0);
    expect(counted).toBe(seconds.length);
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(30);
    // One after the other, not all together.
    expect(new Set(seconds).size).toBeGreaterThan(1);
    expect(arrivals.early).toBe(0);
    expect(gateway.process.log.filter(({ level }) => level >= 50)).toEqual([]);
  },
);
