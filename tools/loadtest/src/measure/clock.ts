const MICROS_PER_SECOND = 1e6;
const NANOS_PER_MICRO = 1e3;

/** Microseconds of a clock that all threads of this process share, and that nobody sets. */
export function monotonicMicros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * MICROS_PER_SECOND + Math.floor(nanos / NANOS_PER_MICRO);
}
