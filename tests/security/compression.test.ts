import { readFile, writeFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';

import {
  type Frame,
  type GatewayProcess,
  Opcode,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { outcomeOfFrames } from './support/outcome.ts';

const MIB = 1024 * 1024;
const DEFLATED = 0b100;
const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
/** Of RFC 7692 §7.2.1: the end that a sender leaves out. */
const TAIL_BYTES = 4;
const BOMBS = 40;
const BOMB_BYTES = 32 * MIB;
/** What all bombs together may take; each of them would take as much. */
const MAX_GROWTH_BYTES = 32 * MIB;

/** As a client sends it, without the end that RFC 7692 leaves out. */
function deflated(bytes: Buffer): Buffer {
  const flushed = deflateRawSync(bytes, { finishFlush: 2 });
  return flushed.subarray(0, flushed.length - TAIL_BYTES);
}

const PING = Buffer.from('{"type":"ping","id":"packed"}');

describe('a gateway that compresses', () => {
  let redis: TestRedis;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    redis = await startRedis();
    gateway = await startGateway({ redisUrl: redis.url, redisPrefix: uniquePrefix(), compression: 'on' });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await redis.stop();
  });

  function outcomeOf(
    frames: readonly Partial<Frame>[],
    headers: Readonly<Record<string, string>> = OFFER,
  ): Promise<string> {
    return outcomeOfFrames({ url: gateway.url, encoding: 'json', headers }, ({ socket }) => {
      for (const frame of frames) socket.sendFrame({ opcode: Opcode.Text, rsv: DEFLATED, payload: PING, ...frame });
    });
  }

  test('ends who sends frames that inflate to thousands of times their size, and takes no memory for them', async () => {
    const bomb = deflated(Buffer.alloc(BOMB_BYTES, ' '));
    expect(bomb.length).toBeLessThan(64 * 1024);
    await forgetPeak(gateway.process.pid);
    const before = await peakBytesOf(gateway.process.pid);
    const whole = Array.from({ length: BOMBS }, () => outcomeOf([{ payload: bomb }]));
    const inPieces = outcomeOf([
      { fin: false, payload: bomb.subarray(0, 1000) },
      { opcode: Opcode.Continuation, rsv: 0, payload: bomb.subarray(1000) },
    ]);
    expect(new Set(await Promise.all([...whole, inPieces]))).toEqual(new Set(['cut']));
    expect((await peakBytesOf(gateway.process.pid)) - before).toBeLessThan(MAX_GROWTH_BYTES);
  });

  test.each([
    [
      'what inflates past the limit of frames, with its code',
      [{ payload: deflated(Buffer.alloc(20_000, ' ')) }],
      '1009 too-big',
    ],
    ['what is no deflated data', [{ payload: Buffer.alloc(100, 0xff) }], 'cut'],
    [
      'a fragment that says by itself that it is compressed',
      [
        { fin: false, payload: deflated(PING).subarray(0, 3) },
        { opcode: Opcode.Continuation, payload: deflated(PING).subarray(3) },
      ],
      'cut',
    ],
    ['any other reserved bit', [{ rsv: 0b010 }], 'cut'],
  ])('ends who sends %s', async (_, frames, outcome) => {
    expect(await outcomeOf(frames)).toBe(outcome);
  });

  test('ends who compresses without having offered it', async () => {
    expect(await outcomeOf([{ payload: deflated(PING) }], {})).toBe('cut');
  });

  test('takes what is compressed as it should be', async () => {
    const client = await RawClient.connect({ url: gateway.url, encoding: 'json', headers: OFFER });
    client.socket.sendFrame({ opcode: Opcode.Text, rsv: DEFLATED, payload: deflated(PING) });
    expect(await client.next('pong')).toMatchObject({ id: 'packed' });
    await client.close();
  });
});

/** `proc_pid_clear_refs(5)`: the peak is from now on what is resident now. */
async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${String(pid)}/clear_refs`, '5');
}

async function peakBytesOf(pid: number): Promise<number> {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}
