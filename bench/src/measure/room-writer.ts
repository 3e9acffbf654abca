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
/** As a gateway does it. */
export async function openOutcryWriter(redisUrl: string, { hasKey }: { hasKey: boolean }): Promise<RoomWriter> {
  const backplane = createRedisBackplane({ url: redisUrl });
  const ignore = (): void => undefined;
  await backplane.start({ handleMessage: ignore, handleSignal: ignore, handleReset: ignore, handleStatus: ignore });
  const room = hasKey ? 'bench-keyed' : 'bench';
  await backplane.broker.join(room);
  const head = createHead(room);
  let written = 0;
  const writeOne = (): Promise<unknown> => {
    written += 1;
    const idempotency = hasKey ? { sender: 'publisher', key: String(written) } : undefined;
    return backplane.broker.publish({ room, head, origin: 'connection-1', retention: RETENTION, idempotency });
  };
  return {
    name: hasKey ? 'outcry, with an idempotency key' : 'outcry',
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
