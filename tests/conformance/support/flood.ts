import { RawClient } from '@outcry/testkit';

const STRINGS = 3;
const STRING_BYTES = 4000;
const IN_FLIGHT = 32;
const DEADLINE_MS = 60_000;

export interface FloodOptions {
  readonly url: string;
  readonly room: string;
  /** Looked at after every few messages, with how many there are by then. */
  readonly until: (published: number) => boolean | Promise<boolean>;
}

/**
 * Publishes large messages to a room until the gateway itself shows what they are to bring about. How many that takes depends
 * on the kernel, whose buffers may hold many megabytes, and take more after they were full. Gives how many there were.
 */
export async function flood({ url, room, until }: FloodOptions): Promise<number> {
  const publisher = await RawClient.connect({ url, encoding: 'msgpack' });
  await publisher.expectAnswer('joined', { type: 'join', room, history: 0, echo: false });
  const data = Array.from({ length: STRINGS }, () => 'x'.repeat(STRING_BYTES));
  const deadline = performance.now() + DEADLINE_MS;
  let published = 0;
  do {
    if (performance.now() > deadline) throw new Error(`a flood of ${String(published)} messages has not done it`);
    const batch = Array.from({ length: IN_FLIGHT }, () =>
      publisher.expectAnswer('ack', { type: 'publish', room, data }, DEADLINE_MS),
    );
    await Promise.all(batch);
    published += IN_FLIGHT;
  } while (!(await until(published)));
  publisher.socket.destroy();
  return published;
}
