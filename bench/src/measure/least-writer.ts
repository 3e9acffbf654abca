import { Redis } from 'ioredis';

import { createHead, HISTORY, type RoomWriter } from './room-writer.ts';

/** Of the envelope, beside the frame: what is stored is as long in either case. */
const ENVELOPE_BYTES = 36;

const LEAST_KEYS = ['bench-least-meta', 'bench-least-stream'];
const LEAST_CHANNEL = 'bench-least-channel';
const LEAST = `
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], '*', 'm', ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return seq`;

/** The least that can number, store and hand on. */
export async function openLeastWriter(redisUrl: string): Promise<RoomWriter> {
  const [commands, listener] = [new Redis(redisUrl), new Redis(redisUrl)];
  await listener.subscribe(LEAST_CHANNEL);
  const digest = String(await commands.script('LOAD', LEAST));
  const message = Buffer.alloc(createHead('least').length + ENVELOPE_BYTES, 'x');
  return {
    name: 'least script',
    write: async (count) => {
      const batch = commands.pipeline();
      for (let i = 0; i < count; i += 1) {
        batch.evalsha(digest, LEAST_KEYS.length, ...LEAST_KEYS, HISTORY, message, LEAST_CHANNEL);
      }
      for (const [error] of (await batch.exec()) ?? []) if (error !== null) throw error;
    },
    [Symbol.asyncDispose]: () => {
      for (const connection of [commands, listener]) connection.disconnect();
      return Promise.resolve();
    },
  };
}
