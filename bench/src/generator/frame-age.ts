import { createCodecs } from '@outcry/protocol';

const MICROS_PER_MS = 1000;
const codec = createCodecs().msgpack;

/**
 * Microseconds since the publisher stamped the book frame, by the wall clock, whose milliseconds are all that a stamp has;
 * undefined where the bytes are no whole delta in msgpack.
 */
export function ageOfDelta(bytes: Uint8Array): number | undefined {
  try {
    const frame = codec.decodeServer(bytes);
    return frame?.type === 'delta'
      ? (performance.timeOrigin + performance.now() - frame.at) * MICROS_PER_MS
      : undefined;
  } catch {
    return undefined;
  }
}
