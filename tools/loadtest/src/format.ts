const KILO = 1000;

/** In place of what was not measured. */
export const NOTHING = '–';

/** `1,234`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `12.3k` from ten thousand on: for figures that change each second. */
export function formatRate(value: number | null): string {
  if (value === null) return NOTHING;
  if (value < 10 * KILO) return formatCount(value);
  if (value < KILO * KILO) return `${(value / KILO).toFixed(1)}k`;
  return `${(value / KILO / KILO).toFixed(2)}M`;
}

/** `0.52 ms`, `12.3 ms`, `1.24 s`. */
export function formatMs(ms: number | null): string {
  if (ms === null) return NOTHING;
  if (ms >= KILO) return `${(ms / KILO).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** `42 %`. */
export function formatShare(share: number | null): string {
  return share === null ? NOTHING : `${(100 * share).toFixed(0)} %`;
}

/** `3 of 100 (3 %)`; whatever is not nothing does not look like nothing. */
export function formatPart(part: number, whole: number): string {
  if (whole === 0) return NOTHING;
  return `${formatCount(part)} of ${formatCount(whole)} (${formatPercent(part / whole)})`;
}

/** `0.03 %`: two digits below ten. */
export function formatPercent(share: number): string {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  return `${percent.toLocaleString('en-US', { maximumFractionDigits: percent < 10 ? 2 : 0 })} %`;
}

/** `1.2 MB/s`. */
export function formatBytesPerSecond(bytes: number): string {
  const [value, unit] = bytes >= KILO * KILO ? [bytes / KILO / KILO, 'MB/s'] : [bytes / KILO, 'kB/s'];
  return `${value.toFixed(1)} ${unit}`;
}
