import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { createCodecs, ProtocolError, RequestError } from '@outcry/protocol';
import { encodeFrame, Opcode, RawSocket, type WireEncoding } from '@outcry/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';

import { Random } from '../support/random.ts';
import { Bystander } from './support/bystander.ts';
import { liveBytes } from './support/live-bytes.ts';
import { memoryTrend } from './support/memory-trend.ts';
import { mutate, noise } from './support/mutate.ts';
import { IS_LONG, scaled, SEED } from './support/scale.ts';
import { addRow } from './support/table.ts';
import { Target } from './support/target.ts';
import { type EncodedFrames, ENCODED_REQUESTS, ENCODED_SERVER_FRAMES } from './support/vectors.ts';

const MINUTE_MS = 60_000;
/** Both halves together: ten minutes in the long run. */
const DECODING_MS = scaled({ short: 1000, long: 3 * MINUTE_MS });
const SOCKETS_MS = scaled({ short: 2500, long: 7 * MINUTE_MS });
const TIMEOUT_MS = DECODING_MS + SOCKETS_MS + MINUTE_MS;
const RUNS_AT_ONCE = 500;
const LANES = 16;
const FRAMES_OF_A_CONNECTION = 8;
const SAMPLE_MS = 1000;
/** What memory may differ by between a second and a last quarter of the run: a garbage collector's breath. */
const MAX_GROWTH = 1.15;
const BYTES_PER_MIB = 2 ** 20;
const MAX_NOISE_BYTES = 300;

const REQUEST_HEAD =
  'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n';
const HANDSHAKE = Buffer.from(
  `${REQUEST_HEAD}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: outcry.v1.json\r\n\r\n`,
);

const { json, msgpack } = createCodecs();
const DECODERS: readonly (readonly [
  name: string,
  seeds: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => unknown,
])[] = [
  ['JSON requests', seedsOf(ENCODED_REQUESTS, 'json'), (bytes) => json.decodeClient(bytes)],
  ['msgpack requests', seedsOf(ENCODED_REQUESTS, 'msgpack'), (bytes) => msgpack.decodeClient(bytes)],
  [
    'JSON server frames',
    seedsOf(ENCODED_SERVER_FRAMES, 'json'),
    (bytes) => json.decodeServer(Buffer.from(bytes).toString()),
  ],
  ['msgpack server frames', seedsOf(ENCODED_SERVER_FRAMES, 'msgpack'), (bytes) => msgpack.decodeServer(bytes)],
];

function seedsOf(frames: EncodedFrames, encoding: WireEncoding): readonly Uint8Array[] {
  return frames[encoding].map(({ bytes }) => bytes);
}

describe('decoders', () => {
  test.each(DECODERS)(
    'of %s decode or refuse whatever they are given',
    { timeout: TIMEOUT_MS },
    async (name, seeds, decode) => {
      const random = new Random(SEED);
      const deadline = performance.now() + DECODING_MS / DECODERS.length;
      const samples: number[] = [];
      let tried = 0;
      let refused = 0;
      let nextSampleAt = performance.now();
      while (performance.now() < deadline) {
        for (let i = 0; i < RUNS_AT_ONCE; i++) {
          const input = random.below(20) === 0 ? noise(MAX_NOISE_BYTES, random) : mutate(random.pick(seeds), random);
          if (isRefused(input, decode)) refused += 1;
        }
        tried += RUNS_AT_ONCE;
        if (performance.now() >= nextSampleAt) {
          samples.push(liveBytes());
          nextSampleAt += SAMPLE_MS;
        }
        // The worker tells its parent that it lives.
        await delay(0);
      }
      addRow({
        attack: `fuzzing of the decoder of ${name}`,
        tried,
        refused,
        hasSurvived: true,
        remarks: remarksOf(samples),
      });
      expect(refused).toBeGreaterThan(tried / 10);
      expect(refused).toBeLessThan(tried);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expectFlat(samples);
    },
  );
});

/** @throws Error with the input, where it is neither taken nor refused as it should be */
function isRefused(input: Buffer, decode: (bytes: Uint8Array) => unknown): boolean {
  try {
    decode(input);
    return false;
  } catch (cause) {
    if (cause instanceof ProtocolError || cause instanceof RequestError) return true;
    throw new Error(`seed ${String(SEED)}: ${input.toString('hex')}`, { cause });
  }
}

test('a gateway outlives whatever is sent to its socket', { timeout: TIMEOUT_MS }, async () => {
  const target = await Target.start();
  onTestFinished(() => target[Symbol.asyncDispose]());
  const bystander = await Bystander.join(target);
  onTestFinished(() => bystander[Symbol.asyncDispose]());
  const deadline = performance.now() + SOCKETS_MS;
  const samples: number[] = [];
  const work = Array.from({ length: LANES }, async (_, lane) => {
    const random = new Random(SEED + lane);
    let tried = 0;
    for (; performance.now() < deadline; tried++) await attack(target, random);
    return tried;
  });
  while (performance.now() < deadline) {
    samples.push(await target.residentBytes());
    await delay(SAMPLE_MS);
  }
  const tried = (await Promise.all(work)).reduce((sum, count) => sum + count, 0);
  await bystander.echo();
  const { faults } = target;
  addRow({
    attack: 'fuzzing of the socket',
    tried,
    refused: tried,
    hasSurvived: target.isAlive && faults.length === 0,
    slowestAnswerMs: Math.max(...bystander.takeLatenciesMs()),
    remarks: remarksOf(samples),
  });
  expect(faults).toEqual([]);
  expect(bystander.problem).toBeUndefined();
  expect(tried).toBeGreaterThan(LANES);
  expectFlat(samples);
});

/** One connection: broken HTTP, broken WebSocket frames, or broken frames of the protocol in good ones. */
async function attack(target: Target, random: Random): Promise<void> {
  const kind = random.below(4);
  if (kind === 0) {
    await sendToPort(target, mutate(HANDSHAKE, random));
    return;
  }
  const encoding = random.pick<WireEncoding>(['json', 'msgpack']);
  const subprotocols = [
    `outcry.v1.${encoding}`,
    ...(random.below(4) === 0 ? [] : [`bearer.${target.tokenOf(randomUser(random))}`]),
  ];
  const socket = await RawSocket.connect({ url: target.url, subprotocols });
  for (let i = 0; i < FRAMES_OF_A_CONNECTION; i++) {
    const payload = mutate(random.pick(seedsOf(ENCODED_REQUESTS, encoding)), random);
    const frame = encodeFrame({ opcode: encoding === 'json' ? Opcode.Text : Opcode.Binary, payload });
    socket.sendRaw(kind === 1 ? mutate(frame, random) : frame);
  }
  // What comes back, or an end, shows that the gateway has read some of it.
  await Promise.race([socket.closed, socket.next().catch(() => undefined)]);
  socket.destroy();
}

/** Few names, so that what a gateway keeps of each user for a while stays bounded. */
function randomUser(random: Random): string {
  return `fuzz-${String(random.below(100))}`;
}

/** Sends bytes to the bare port, and waits for an answer, an end, or a moment: half a request is not answered. */
async function sendToPort({ gateway: { port } }: Target, bytes: Buffer): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  // A reset is an end like any other.
  socket.on('error', () => undefined);
  socket.end(bytes);
  await new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
    socket.once('data', () => {
      resolve();
    });
    socket.setTimeout(SAMPLE_MS, resolve);
  });
  socket.destroy();
}

function remarksOf(samples: readonly number[]): string {
  const seed = `seed ${String(SEED)}`;
  if (!IS_LONG) return seed;
  const { earlyBytes, lateBytes } = memoryTrend(samples);
  const mib = (bytes: number): string => (bytes / BYTES_PER_MIB).toFixed(0);
  return `${seed}; ${mib(earlyBytes)} MiB early, ${mib(lateBytes)} MiB late`;
}

/** Seconds say nothing of a trend. */
function expectFlat(samples: readonly number[]): void {
  if (!IS_LONG) return;
  const { earlyBytes, lateBytes } = memoryTrend(samples);
  expect(lateBytes / earlyBytes).toBeLessThan(MAX_GROWTH);
}
