import { RawClient } from '@outcry/testkit';

/** More than the kernel's buffers of a connection hold: what comes after waits in the server. */
const DEFAULT_BYTES = 16 * 2 ** 20;
const STRINGS = 3;
const STRING_BYTES = 4000;
const IN_FLIGHT = 32;
const ACK_DEADLINE_MS = 30_000;

/** Publishes large messages to a room until about so many bytes have gone to each member; gives how many those were. */
export async function flood({
  url,
  room,
  bytes = DEFAULT_BYTES,
}: {
  url: string;
  room: string;
  bytes?: number;
}): Promise<number> {
  const publisher = await RawClient.connect({ url, encoding: 'msgpack' });
  await publisher.expectAnswer('joined', { type: 'join', room, history: 0, echo: false });
  const data = Array.from({ length: STRINGS }, () => 'x'.repeat(STRING_BYTES));
  const count = Math.ceil(bytes / (STRINGS * STRING_BYTES));
  for (let published = 0; published < count; published += IN_FLIGHT) {
    const batch = Array.from({ length: Math.min(IN_FLIGHT, count - published) }, () =>
      publisher.expectAnswer('ack', { type: 'publish', room, data }, ACK_DEADLINE_MS),
    );
    await Promise.all(batch);
  }
  publisher.socket.destroy();
  return count;
}
