import { createRedisBackplane } from '@outcry/broker';
import { encodeMessageHead, encodePayload } from '@outcry/protocol';

/** Has Redis number, store and hand on messages to a room that one connection listens to. */
export interface RoomWriter extends AsyncDisposable {
  readonly name: string;
  /** Sends so many at once; resolves when Redis has answered all. */
  write(count: number): Promise<void>;
}

/** Messages that a room keeps. */
export const HISTORY = 1000;
const RETENTION = { count: HISTORY, ms: 3_600_000, bytes: 1024 * 1024 };
const TEXT = 'x'.repeat(150);
/** Rooms that take turns: more than one turn of the loop has messages for. */
const ROOMS = 64;

export interface OutcryWriterOptions {
  readonly redisUrl: string;
  readonly hasKey: boolean;
  /** Each message is for another room, so that no two of a turn go together. */
  readonly isSpread: boolean;
}

/** As a gateway does it. */
export async function openOutcryWriter({ redisUrl, hasKey, isSpread }: OutcryWriterOptions): Promise<RoomWriter> {
  const backplane = createRedisBackplane({ url: redisUrl });
  const ignore = (): void => undefined;
  await backplane.start({ handleMessage: ignore, handleSignal: ignore, handleReset: ignore, handleStatus: ignore });
  const name = ['outcry', ...(isSpread ? ['each to another room'] : []), ...(hasKey ? ['with a key'] : [])].join(', ');
  const rooms = Array.from(
    { length: isSpread ? ROOMS : 1 },
    (_, i) => `${name.replaceAll(/[, ]+/g, '-')}-${String(i)}`,
  );
  await Promise.all(rooms.map((room) => backplane.broker.join(room)));
  const heads = rooms.map(createHead);
  let written = 0;
  const writeOne = (): Promise<unknown> => {
    const at = written % rooms.length;
    written += 1;
    const idempotency = hasKey ? { sender: 'publisher', key: String(written) } : undefined;
    const [room = '', head = new Uint8Array()] = [rooms[at], heads[at]];
    return backplane.broker.publish({ room, head, origin: 'connection-1', retention: RETENTION, idempotency });
  };
  return {
    name,
    write: async (count) => {
      await Promise.all(Array.from({ length: count }, writeOne));
    },
    [Symbol.asyncDispose]: () => backplane.close(),
  };
}

/** A message that is published, as a gateway hands it on. */
export function createHead(room: string): Uint8Array {
  return encodeMessageHead({ room, from: 'publisher', at: Date.now(), data: encodePayload(TEXT) });
}
