import type { GatewayProcess, RawClient } from '@outcry/testkit';

import { metricOf, metricsOf } from '../../metrics.ts';

const ROOM = 'pit';
const RELEASED = 'outcry_gateway_rooms_released_total';
const KIB = 1024;
/** Published before it is looked what has become of them. */
const AT_ONCE = 20;
/** Far more than the kernel has buffers for, and than a gateway should hold. */
const MAX_ROUNDS = 500;
/** Past what the rule allows, and what a gateway takes by itself. */
const TOO_MUCH_BYTES = 600 * KIB * KIB;

export interface SlowReaders {
  readonly gateway: GatewayProcess;
  /** They read nothing. */
  readonly slow: readonly RawClient[];
}

/** Has clients come to a room of its own, of whom nothing is asked but to read. */
export async function joinPit(clients: readonly RawClient[]): Promise<void> {
  for (const client of clients) {
    await client.expectAnswer('joined', { type: 'join', room: ROOM, presence: false, history: 0 });
  }
}

/** Publishes to that room until each of these clients of a gateway has more unread than it may. */
export async function fillBuffers(publisher: RawClient, { gateway, slow }: SlowReaders): Promise<void> {
  await publishUntil(publisher, 15 * KIB, async () => {
    const [held = 0, released = 0] = await metricsOf(gateway, 'outcry_gateway_rooms_held_back_total', RELEASED);
    return held - released >= slow.length;
  });
}

/** Publishes to that room until a gateway has noticed that nothing of it is written: kernels may take some more for a while. */
export async function fillTransport(publisher: RawClient, { gateway }: SlowReaders): Promise<void> {
  await publishUntil(publisher, 15 * KIB, async () => {
    return (await metricOf(gateway, 'outcry_gateway_transport_writing')) === 0;
  });
}

/** Publishes to that room until a gateway holds too much of it. */
export async function fillMemory(publisher: RawClient, { gateway }: SlowReaders): Promise<void> {
  await publishUntil(publisher, 200 * KIB, async () => {
    return (await metricOf(gateway, 'process_resident_memory_bytes')) > TOO_MUCH_BYTES;
  });
}

async function publishUntil(publisher: RawClient, bytes: number, isEnough: () => Promise<boolean>): Promise<void> {
  const data = 'x'.repeat(bytes);
  await joinPit([publisher]);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    for (let i = 0; i < AT_ONCE; i += 1) {
      await publisher.expectAnswer('ack', { type: 'publish', room: ROOM, data });
    }
    if (await isEnough()) return;
  }
  throw new Error('expected that enough is enough');
}
