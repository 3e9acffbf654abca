const KILO = 1000;

/** `1,234`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `12.3k` from ten thousand on: for figures that change each second. */
export function formatRate(value: number): string {
  if (value < 10 * KILO) return formatCount(value);
  if (value < KILO * KILO) return `${(value / KILO).toFixed(1)}k`;
  return `${(value / KILO / KILO).toFixed(2)}M`;
}

/** `0.52 ms`, `12.3 ms`, `1.24 s`. */
export function formatMs(ms: number): string {
  if (ms >= KILO) return `${(ms / KILO).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** `42 %`. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** `1.2 MB/s`. */
export function formatBytesPerSecond(bytes: number): string {
  const [value, unit] = bytes >= KILO * KILO ? [bytes / KILO / KILO, 'MB/s'] : [bytes / KILO, 'kB/s'];
  return `${value.toFixed(1)} ${unit}`;
}
